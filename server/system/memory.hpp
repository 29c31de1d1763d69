// Gives memory back to the machine after many connections have gone: glibc keeps what thousands had for the next
// thousands, and an appliance has other uses for it. Owned by server/appliance; lives on its executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>

namespace gatehouse::system {

class MemoryReturn {
public:
    using Duration = boost::asio::steady_timer::duration;

    /// `connections`: how many there are now. `give_back` is called once some hundreds have gone since the last time.
    MemoryReturn(const boost::asio::any_io_executor& executor, std::function<std::uint32_t()> connections,
                 std::function<void()> give_back = trim_heap, Duration between_looks = std::chrono::seconds(2));

private:
    static void trim_heap();
    void look();

    boost::asio::steady_timer timer_;
    const std::function<std::uint32_t()> connections_;
    const std::function<void()> give_back_;
    const Duration between_looks_;
    std::uint32_t most_ = 0;  // since memory was given back last
};

}  // namespace gatehouse::system
