// The database as the rooms of both doors use it: on a thread of its own, awaited by coroutines. Owned by Backend;
// calls from any thread; must go before the loops whose coroutines wait for it.
#pragma once

#include "records/database.hpp"
#include "server/net/pool.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <type_traits>
#include <utility>

namespace gatehouse::archive {

class Archive {
public:
    explicit Archive(records::Database database)
        : database_(std::move(database)), thread_(std::make_unique<net::Pool>(1, most_waiting)) {}

    /// Runs `work`, which takes the database and returns a base::Result, after what was asked before. Errors: the
    /// work's own, and those of Pool::run.
    template <class F>
    [[nodiscard]] boost::asio::awaitable<std::invoke_result_t<F&, records::Database&>> run(
        F work, net::Queueing queueing = net::Queueing::bounded) {
        auto on_thread = [this, work = std::move(work)]() mutable { return work(database_); };
        co_return co_await thread_->run(std::move(on_thread), queueing);
    }

    /// Ends the thread after the work under way, as ~Pool does, and gives the database to the caller alone. `run` must
    /// not be called any more.
    [[nodiscard]] records::Database& end() {
        thread_.reset();
        return database_;
    }

private:
    static constexpr std::size_t most_waiting = 1000;

    records::Database database_;
    std::unique_ptr<net::Pool> thread_;  // destroyed first: it uses the database
};

}  // namespace gatehouse::archive
