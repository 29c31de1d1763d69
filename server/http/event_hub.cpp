#include "server/http/event_hub.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <functional>
#include <optional>
#include <utility>

namespace gatehouse::http {

namespace asio = boost::asio;

namespace {

constexpr std::size_t most_remembered = 200;
constexpr std::size_t most_waiting_bytes = 256UL * 1024;  // of a peer that does not read; its connection then ends
constexpr std::chrono::seconds between_comments{15};

}  // namespace

class EventHub::Subscription final : public Stream, public std::enable_shared_from_this<Subscription> {
public:
    explicit Subscription(const asio::any_io_executor& executor) : timer_(executor), waiting_(":\n\n") {}

    std::optional<std::string> take() override {
        if (overflown_) return std::nullopt;
        return std::exchange(waiting_, {});
    }
    void wake_by(std::function<void()> wake) override { wake_ = std::move(wake); }

    void push(std::string_view text) {
        if (waiting_.size() + text.size() > most_waiting_bytes) overflown_ = true;
        if (!overflown_) waiting_ += text;
        if (wake_) wake_();
    }

    void comment_now_and_then() {
        timer_.expires_after(between_comments);
        timer_.async_wait([weak = weak_from_this()](const boost::system::error_code& error) {
            const auto self = weak.lock();
            if (error || !self) return;
            self->push(":\n\n");
            self->comment_now_and_then();
        });
    }

private:
    asio::steady_timer timer_;
    std::string waiting_;
    bool overflown_ = false;
    std::function<void()> wake_;
};

void EventHub::publish(std::string_view event, std::string_view data) {
    const std::lock_guard lock(mutex_);
    const auto text =
        std::make_shared<const std::string>("id: " + std::to_string(++last_id_) + "\nevent: " + std::string(event) +
                                            "\ndata: " + std::string(data) + "\n\n");
    remembered_.push_back({last_id_, text});
    if (remembered_.size() > most_remembered) remembered_.pop_front();
    std::erase_if(subscribers_, [](const Subscriber& subscriber) { return subscriber.stream.expired(); });
    for (const Subscriber& subscriber : subscribers_) {
        asio::post(subscriber.executor, [stream = subscriber.stream, text] {
            if (const auto alive = stream.lock()) alive->push(*text);
        });
    }
}

Response EventHub::subscribe(const asio::any_io_executor& executor, std::string_view last_event_id) {
    auto stream = std::make_shared<Subscription>(executor);
    stream->comment_now_and_then();
    std::uint64_t after = 0;
    const auto* end = last_event_id.data() + last_event_id.size();
    const bool resumes = std::from_chars(last_event_id.data(), end, after).ptr == end && !last_event_id.empty();
    {
        const std::lock_guard lock(mutex_);
        for (const Event& event : remembered_) {
            if (resumes && event.id > after) stream->push(*event.text);
        }
        subscribers_.push_back({executor, stream});
    }
    Response response;
    response.fields = {
        {"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    response.body = std::shared_ptr<Stream>(std::move(stream));
    return response;
}

}  // namespace gatehouse::http
