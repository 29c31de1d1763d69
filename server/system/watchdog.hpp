// Feeds systemd's watchdog, but only while every worker's loop turns: a beat is posted to each, and when all have
// answered, WATCHDOG=1 is sent. Owned by the appliance; lives on one executor (not a worker's), whose own standstill
// stops the feeding too. Construct and destroy it there, or while that executor does not run.
#pragma once

#include "base/log.hpp"
#include "server/system/notify.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <memory>
#include <vector>

namespace gatehouse::system {

class Watchdog {
public:
    /// `interval` is what systemd waits for (Notify::watchdog_interval); a round of beats begins every half of it. A
    /// round that is not over when the next is due is logged with the numbers of the silent loops, and none is begun.
    Watchdog(const boost::asio::any_io_executor& executor, std::vector<boost::asio::any_io_executor> loops,
             Notify& notify, base::Log& log, std::chrono::microseconds interval);
    Watchdog(const Watchdog&) = delete;
    Watchdog& operator=(const Watchdog&) = delete;
    ~Watchdog();

private:
    class Rounds;
    std::shared_ptr<Rounds> rounds_;
};

}  // namespace gatehouse::system
