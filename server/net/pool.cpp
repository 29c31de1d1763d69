#include "server/net/pool.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <thread>
#include <vector>

namespace gatehouse::net {

namespace asio = boost::asio;

namespace {

enum class Fate { performed, busy, stopping };

using Handler = asio::async_result<asio::use_awaitable_t<>, void(Fate)>::handler_type;

// Somebody who waits, with the work it waits for. Keeps its event loop from ending meanwhile.
class Waiter {
public:
    Waiter(Handler handler, std::function<void()> job)
        : guard_(asio::get_associated_executor(handler)), handler_(std::move(handler)), job_(std::move(job)) {}

    // The one thing that another thread may do with an event loop is to post to it.
    void tell(Fate fate) {
        auto resume = [handler = std::move(handler_), fate]() mutable { handler(fate); };
        asio::post(guard_.get_executor(), std::move(resume));
    }
    void perform() {
        job_();
        job_ = nullptr;
        tell(Fate::performed);
    }

private:
    asio::executor_work_guard<asio::associated_executor_t<Handler>> guard_;
    Handler handler_;
    std::function<void()> job_;
};

}  // namespace

class Pool::Threads {
public:
    Threads(std::size_t count, std::size_t most_waiting) : count_(count), most_waiting_(most_waiting) {
        try {
            for (std::size_t i = 0; i < count; ++i)
                threads_.emplace_back([this] { serve(); });
        } catch (...) {
            stop();
            throw;
        }
    }
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;
    ~Threads() { stop(); }

    void enter(Waiter waiter, Queueing queueing) {
        std::unique_lock lock(mutex_);
        const std::size_t room = count_ - busy_ + most_waiting_;
        const bool full = queueing == Queueing::bounded && waiting_.size() >= room;
        if (stopping_ || full) {
            const Fate fate = stopping_ ? Fate::stopping : Fate::busy;
            lock.unlock();
            waiter.tell(fate);
            return;
        }
        waiting_.push_back(std::move(waiter));
        lock.unlock();
        work_came_.notify_one();
    }

private:
    void serve() {
        pthread_setname_np(pthread_self(), "slow work");
        std::unique_lock lock(mutex_);
        for (;;) {
            work_came_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
            if (stopping_) return;
            Waiter waiter = std::move(waiting_.front());
            waiting_.pop_front();
            ++busy_;
            lock.unlock();
            waiter.perform();
            lock.lock();
            --busy_;
        }
    }

    void stop() {
        std::deque<Waiter> left;
        {
            const std::lock_guard lock(mutex_);
            stopping_ = true;
            left.swap(waiting_);
        }
        work_came_.notify_all();
        for (Waiter& waiter : left)
            waiter.tell(Fate::stopping);
        for (std::thread& thread : threads_)
            thread.join();
        threads_.clear();
    }

    std::mutex mutex_;
    std::condition_variable work_came_;
    std::deque<Waiter> waiting_;
    const std::size_t count_;
    const std::size_t most_waiting_;
    std::size_t busy_ = 0;  // threads at work
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

Pool::Pool(std::size_t threads, std::size_t waiting) : threads_(std::make_unique<Threads>(threads, waiting)) {}

Pool::~Pool() = default;

asio::awaitable<base::Result<void>> Pool::wait_for(std::function<void()> job, Queueing queueing) {
    auto enter = [this, queueing](Handler handler, std::function<void()> entered) {
        threads_->enter(Waiter(std::move(handler), std::move(entered)), queueing);
    };
    const Fate fate =
        co_await asio::async_initiate<const asio::use_awaitable_t<>, void(Fate)>(enter, asio::use_awaitable, job);
    switch (fate) {
        case Fate::performed:
            break;
        case Fate::busy:
            co_return base::fail(base::ErrorKind::unavailable, "busy", "Too much is waiting to be done.",
                                 "Try again in a moment.");
        case Fate::stopping:
            co_return base::fail(base::ErrorKind::unavailable, "stopping", "The server is ending.");
    }
    co_return base::Result<void>();
}

}  // namespace gatehouse::net
