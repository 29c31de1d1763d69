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
constexpr std::size_t most_listeners = 256;
constexpr std::ptrdiff_t most_of_account = 16;  // so that one leaves room for others

// Milliseconds since 1970: more than any process before has counted to.
std::uint64_t id_from_clock() {
    using std::chrono::milliseconds;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<milliseconds>(now).count());
}

}  // namespace

class EventHub::Subscription final : public Stream, public std::enable_shared_from_this<Subscription> {
public:
    explicit Subscription(const Listener& listener)
        : timer_(listener.executor), welcome_(listener.welcome), caller_(listener.caller), waiting_(":\n\n") {}

    std::optional<std::string> take() override {
        if (over_) return std::nullopt;
        return std::exchange(waiting_, {});
    }
    void wake_by(std::function<void()> wake) override { wake_ = std::move(wake); }

    void push(std::string_view text, const Concern& concern = {}) {
        if (concern && (!caller_ || !concern(*caller_))) return;
        over_ = over_ || waiting_.size() + text.size() > most_waiting_bytes || !welcome_();
        if (!over_) waiting_ += text;
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
    std::function<bool()> welcome_;
    std::shared_ptr<const Caller> caller_;
    std::string waiting_;
    bool over_ = false;
    std::function<void()> wake_;
};

EventHub::EventHub() : EventHub(id_from_clock()) {}

// With the mutex held.
std::shared_ptr<const std::string> EventHub::tell(std::string_view event, std::string_view data,
                                                  const Concern& concern) {
    auto text =
        std::make_shared<const std::string>("id: " + std::to_string(++last_id_) + "\nevent: " + std::string(event) +
                                            "\ndata: " + std::string(data) + "\n\n");
    remembered_.push_back({last_id_, text, concern});
    if (remembered_.size() > most_remembered) remembered_.pop_front();
    forget_those_gone();
    for (const Subscriber& subscriber : subscribers_) {
        asio::post(subscriber.executor, [stream = subscriber.stream, text, concern] {
            if (const auto alive = stream.lock()) alive->push(*text, concern);
        });
    }
    return text;
}

void EventHub::forget_those_gone() {
    std::erase_if(subscribers_, [](const Subscriber& subscriber) { return subscriber.stream.expired(); });
}

void EventHub::publish(std::string_view event, std::string_view data, const Concern& concern) {
    const std::lock_guard lock(mutex_);
    (void)tell(event, data, concern);
}

void EventHub::publish_standing(const std::string& key, std::string_view event, std::string_view data) {
    const std::lock_guard lock(mutex_);
    standing_[key] = tell(event, data);
}

void EventHub::withdraw(const std::string& key) {
    const std::lock_guard lock(mutex_);
    standing_.erase(key);
}

Response EventHub::subscribe(const Listener& listener) {
    auto stream = std::make_shared<Subscription>(listener);
    std::uint64_t seen = 0;
    const auto* end = listener.last_event_id.data() + listener.last_event_id.size();
    const bool resumes =
        !listener.last_event_id.empty() && std::from_chars(listener.last_event_id.data(), end, seen).ptr == end;
    {
        const std::lock_guard lock(mutex_);
        forget_those_gone();
        const std::string account = listener.caller ? listener.caller->name : "";
        const auto of_account = std::count_if(subscribers_.begin(), subscribers_.end(), [&](const Subscriber& one) {
            return !account.empty() && one.account == account;
        });
        if (subscribers_.size() >= most_listeners || of_account >= most_of_account) {
            return problem(503, "too_many_listeners", "Too many listen to events already. Close other pages.");
        }
        if (resumes) {
            if (seen > last_id_) seen = 0;  // the clock was set back since
            for (const Event& event : remembered_) {
                if (event.id > seen) stream->push(*event.text, event.concern);
            }
        } else {
            for (const auto& [key, text] : standing_)
                stream->push(*text);
        }
        subscribers_.push_back({listener.executor, stream, account});
    }
    stream->comment_now_and_then();
    Response response;
    response.fields = {
        {"Content-Type", "text/event-stream"}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    response.body = std::shared_ptr<Stream>(std::move(stream));
    return response;
}

}  // namespace gatehouse::http
