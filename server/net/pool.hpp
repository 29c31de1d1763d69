// A few threads for what takes long or blocks (SQL, password hashing, key generation, file writes), awaited by
// coroutines of any event loop. Owned by who has such work; `run` from any thread. It must go before the loops whose
// coroutines wait for it.
#pragma once

#include "base/result.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace gatehouse::net {

/// Whether work may be turned away where too much waits already. `always` is for what must follow something that was
/// done, and whose number something else bounds.
enum class Queueing { bounded, always };

class Pool {
public:
    /// At most `waiting` pieces of work wait while all threads are busy. Errors are thrown, as in Worker.
    Pool(std::size_t threads, std::size_t waiting);
    Pool(const Pool&) = delete;
    Pool& operator=(const Pool&) = delete;
    /// Waits for the work that runs; who waits for work that has not begun is told unavailable/stopping.
    ~Pool();

    /// Runs `work`, which returns a base::Result, on a thread of the pool; resumes on the caller's executor, also with
    /// what the work throws. The work may refer to what its coroutine holds: this is kept until the work is done, which
    /// is never cancelled once it runs. Errors: the work's own; unavailable/busy, at once, where too much waits
    /// already and `queueing` is bounded; unavailable/stopping.
    template <class F>
    [[nodiscard]] boost::asio::awaitable<std::invoke_result_t<F&>> run(F work, Queueing queueing = Queueing::bounded) {
        std::optional<std::invoke_result_t<F&>> outcome;
        std::exception_ptr thrown;
        const std::function<void()> perform = [&] {
            try {
                outcome.emplace(work());
            } catch (...) {
                thrown = std::current_exception();
            }
        };
        base::Result<void> performed = co_await wait_for(perform, queueing);
        if (!performed) co_return base::fail(std::move(performed.error()));
        if (thrown) std::rethrow_exception(thrown);
        co_return std::move(*outcome);
    }

private:
    // Resumes when `job`, which must not throw, has run on a thread of the pool.
    boost::asio::awaitable<base::Result<void>> wait_for(std::function<void()> job, Queueing queueing);

    class Threads;
    std::unique_ptr<Threads> threads_;
};

}  // namespace gatehouse::net
