// Gives memory back to the machine after many connections have gone: glibc keeps what thousands had for the next
// thousands, and an appliance has other uses for it. Owned by server/appliance; lives on its executor.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <functional>

namespace gatehouse::system {

class MemoryReturn {
public:
    /// `connections`: how many there are now. Looked at every two seconds.
    MemoryReturn(const boost::asio::any_io_executor& executor, std::function<std::uint32_t()> connections);

private:
    void look();

    boost::asio::steady_timer timer_;
    std::function<std::uint32_t()> connections_;
    std::uint32_t most_ = 0;  // since memory was given back last
};

}  // namespace gatehouse::system
