// Which samples are kept: those not older than the settings say, and the newest of them as far as the quota goes. Now
// and then the oldest go, in small batches: their contents are marked, then go the rows, with a record in the audit,
// then the files that nobody refers to any more. By the way what a crash or a failure left marked is settled, and
// refused submissions that were folded get their record. Owned by the depot; on the control executor, which waits for
// the archive's thread and the pool.
#pragma once

#include "server/samples/storage.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace gatehouse::samples {

/// What samples may take before the oldest go: so much less than the quota that what comes next finds room, beside
/// `unknown` bytes of files that the database does not know; never less than half of the quota. 0: no quota.
[[nodiscard]] std::uint64_t kept_bytes(const config::SampleSettings& settings, std::uint64_t unknown = 0);

class Retention : public std::enable_shared_from_this<Retention> {
public:
    static constexpr std::chrono::seconds usual_pause{60};

    /// `storage` must outlive the loop's last turn, or `stop`.
    Retention(const boost::asio::any_io_executor& executor, const Storage& storage,
              std::chrono::milliseconds pause = usual_pause);
    Retention(const Retention&) = delete;
    Retention& operator=(const Retention&) = delete;
    ~Retention() = default;

    /// Begins, at once. On the executor, as the rest.
    void start();
    /// Looks soon, rather than at the next turn.
    void hasten();
    void stop();

    /// One turn: everything that has to go now. Gives how many samples went.
    [[nodiscard]] boost::asio::awaitable<base::Result<std::size_t>> sweep();

private:
    [[nodiscard]] boost::asio::awaitable<void> run();
    [[nodiscard]] boost::asio::awaitable<void> settle_left();
    [[nodiscard]] boost::asio::awaitable<void> record_refused();
    [[nodiscard]] boost::asio::awaitable<base::Result<std::size_t>> sweep_batch();

    boost::asio::steady_timer timer_;
    const Storage& storage_;
    std::chrono::milliseconds pause_;
    bool stopped_ = false;
};

/// After a refusal: the content goes at once, where it came with what was refused and no row refers to it. What cannot
/// be removed is tried again every minute.
[[nodiscard]] boost::asio::awaitable<void> let_go(const Storage& storage, HeldContent held);
/// Settles what bears a mark in the store, but for what is held. Errors: what kept it from that.
[[nodiscard]] boost::asio::awaitable<base::Result<void>> settle_marked(const Storage& storage);
/// The same at the end, with the database of the archive that has ended: so that nothing bears a mark while the daemon
/// is stopped, and whatever an operator does to the database meanwhile, every file stays. Blocking.
void settle_rest(const Storage& storage, records::Database& database);

}  // namespace gatehouse::samples
