// Calls that live on one executor and are waited for on others: what whoever ends the executor's work breaks off, so
// that nobody waits for a stranger. Owned by whose calls they are; `run` from any thread, `break_off` on the executor,
// which runs one handler at a time. It may go while calls are under way.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <memory>
#include <tuple>
#include <utility>

namespace gatehouse::net {

class BreakableCalls {
public:
    explicit BreakableCalls(boost::asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// Runs `call` on the executor; resumes on the caller's with what it returns or throws. Cancelling the caller does
    /// nothing.
    template <class T>
    [[nodiscard]] boost::asio::awaitable<T> run(boost::asio::awaitable<T> call) {
        auto running =
            boost::asio::co_spawn(executor_, listed(executor_, calls_, std::move(call)), boost::asio::use_awaitable);
        co_return co_await std::move(running);
    }
    /// Cancels each call that is under way.
    void break_off() {
        const Signals calls = *calls_;  // one that ends at once leaves the list
        for (const SignalPtr& signal : calls)
            signal->emit(boost::asio::cancellation_type::terminal);
    }

private:
    using SignalPtr = std::shared_ptr<boost::asio::cancellation_signal>;
    using Signals = std::list<SignalPtr>;

    // In the list for as long as it lives.
    class Entry {
    public:
        explicit Entry(std::shared_ptr<Signals> calls)
            : calls_(std::move(calls)),
              at_(calls_->insert(calls_->end(), std::make_shared<boost::asio::cancellation_signal>())) {}
        Entry(const Entry&) = delete;
        Entry& operator=(const Entry&) = delete;
        ~Entry() { calls_->erase(at_); }
        [[nodiscard]] const SignalPtr& signal() const { return *at_; }

    private:
        std::shared_ptr<Signals> calls_;
        Signals::iterator at_;
    };

    template <class T>
    static boost::asio::awaitable<T> listed(boost::asio::any_io_executor executor, std::shared_ptr<Signals> calls,
                                            boost::asio::awaitable<T> call) {
        namespace asio = boost::asio;
        const Entry entry(std::move(calls));
        auto running =
            asio::co_spawn(executor, std::move(call),
                           asio::bind_cancellation_slot(entry.signal()->slot(), asio::as_tuple(asio::use_awaitable)));
        std::tuple<std::exception_ptr, T> ended = co_await std::move(running);
        // The signal has to outlive the coroutine, of which this is the last step.
        asio::post(executor, [last = entry.signal()] { static_cast<void>(last); });
        if (std::get<0>(ended)) std::rethrow_exception(std::get<0>(ended));
        co_return std::move(std::get<1>(ended));
    }

    boost::asio::any_io_executor executor_;
    std::shared_ptr<Signals> calls_ = std::make_shared<Signals>();
};

}  // namespace gatehouse::net
