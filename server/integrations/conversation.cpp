#include "server/integrations/conversation.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace gatehouse::integrations {

namespace asio = boost::asio;
using asio::local::stream_protocol;
using std::chrono::steady_clock;
using How = Broken::How;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);

}  // namespace

std::shared_ptr<Conversation> Conversation::make(const asio::any_io_executor& executor, Moment until) {
    return std::make_shared<Conversation>(Private{}, executor, until);
}

Conversation::Conversation(Private /*key*/, const asio::any_io_executor& executor, Moment until)
    : socket_(executor), timer_(executor), until_(until), step_ends_(until) {}

tl::unexpected<Broken> Conversation::broken(How how, std::string why) const {
    if (over_) return tl::unexpected<Broken>(Broken{step_how_, {}});
    return tl::unexpected<Broken>(Broken{how, std::move(why)});
}

// From now on the conversation ends at `when`, because of `how`; but at its own end in any case.
void Conversation::end_at(Moment when, How how) {
    step_ends_ = std::min(when, until_);
    step_how_ = when < until_ ? how : How::late;
    timer_.expires_at(step_ends_);
    timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
        const auto self = weak.lock();
        if (error || !self || self->over_ || steady_clock::now() < self->step_ends_) return;
        self->over_ = true;
        boost::system::error_code ignored;  // it is of no use any more
        self->socket_.close(ignored);
    });
}

void Conversation::stop() {
    if (over_) return;
    over_ = true;
    step_how_ = How::stopped;
    timer_.cancel();
    boost::system::error_code ignored;
    socket_.close(ignored);
}

asio::awaitable<Said<void>> Conversation::connect(std::filesystem::path socket, std::chrono::milliseconds patience) {
    if (over_) co_return broken(How::stopped);
    end_at(steady_clock::now() + patience, How::unreachable);
    const auto [error] = co_await socket_.async_connect(stream_protocol::endpoint(socket.native()), as_result);
    if (error || over_) co_return broken(How::unreachable, error.message());
    // Where too many wait to be accepted already, the kernel says "try again" at once, which looks like a connection.
    boost::system::error_code nobody;
    (void)socket_.remote_endpoint(nobody);
    if (nobody) co_return broken(How::unreachable, "too many connections wait there already");
    co_return Said<void>();
}

// An engine may have its say at any time, and take nothing from then on.
void Conversation::watch_for_answer() {
    if (watching_) return;
    watching_ = true;
    socket_.async_wait(stream_protocol::socket::wait_read,
                       [weak = weak_from_this()](const boost::system::error_code& error) {
                           const auto self = weak.lock();
                           if (error || !self) return;
                           self->answered_ = true;
                           boost::system::error_code ignored;
                           if (self->sending_) self->socket_.cancel(ignored);
                       });
}

asio::awaitable<Said<bool>> Conversation::send(std::string_view first, std::string_view second,
                                               std::chrono::milliseconds patience) {
    if (over_) co_return broken(How::stopped);
    if (answered_) co_return false;
    watch_for_answer();
    end_at(steady_clock::now() + patience, How::stalled);
    // Not async_write, whose steps nobody can look between: an answer that comes just when one of them is done cancels
    // nothing, and the next would wait for an engine that takes nothing any more.
    std::size_t sent = 0;
    while (!answered_ && sent < first.size() + second.size()) {
        const std::size_t of_second = sent < first.size() ? 0 : sent - first.size();
        const std::array<asio::const_buffer, 2> left{asio::buffer(first.substr(std::min(sent, first.size()))),
                                                     asio::buffer(second.substr(of_second))};
        sending_ = true;
        const auto [error, took] = co_await socket_.async_write_some(left, as_result);
        sending_ = false;
        if (over_) co_return broken(How::stopped);
        if (error) co_return false;
        sent += took;
    }
    co_return !answered_;
}

asio::awaitable<Said<std::string>> Conversation::receive(char end, std::size_t most) {
    if (over_) co_return broken(How::stopped);
    end_at(until_, How::late);
    std::string received;
    std::array<char, 4096> chunk{};
    for (;;) {
        const auto [error, got] = co_await socket_.async_read_some(asio::buffer(chunk), as_result);
        if (over_) co_return broken(How::stopped);
        if (error && received.empty()) co_return broken(How::closed, error == asio::error::eof ? "" : error.message());
        if (error) co_return std::move(received);
        const std::string_view news(chunk.data(), got);
        const std::size_t length = news.find(end);
        received.append(news.substr(0, length));
        if (received.size() > most) co_return broken(How::endless);
        if (length != std::string_view::npos) co_return std::move(received);
    }
}

}  // namespace gatehouse::integrations
