#include "server/net/turnstile.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace gatehouse::net {

namespace asio = boost::asio;

namespace {

tl::unexpected<base::Error> busy() {
    return base::fail(base::ErrorKind::unavailable, "busy", "Too many others wait for the same.",
                      "Try again in a moment.");
}

}  // namespace

struct Turnstile::Place {
    explicit Place(const asio::any_io_executor& executor) : timer(executor) {}
    asio::steady_timer timer;
    bool called = false;
};

Turnstile::Turnstile(asio::any_io_executor executor, std::size_t inside, std::size_t waiting)
    : executor_(std::move(executor)), most_inside_(inside), most_waiting_(waiting) {}

Turnstile::~Turnstile() = default;

asio::awaitable<base::Result<Turnstile::Pass>> Turnstile::enter(std::chrono::steady_clock::time_point until) {
    if (inside_ < most_inside_) {
        ++inside_;
        co_return Pass(*this);
    }
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (waiting_.size() >= most_waiting_ || cancelled != asio::cancellation_type::none) co_return busy();
    const auto place = std::make_shared<Place>(executor_);
    waiting_.push_back(place);
    place->timer.expires_at(until);
    (void)co_await place->timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (place->called) co_return Pass(*this);
    std::erase(waiting_, place);
    co_return busy();
}

// Whoever is called takes the place of the one that leaves.
void Turnstile::leave() {
    if (waiting_.empty()) {
        --inside_;
        return;
    }
    waiting_.front()->called = true;
    waiting_.front()->timer.cancel();
    waiting_.pop_front();
}

}  // namespace gatehouse::net
