#include "server/system/memory.hpp"

#include <algorithm>
#include <chrono>
#include <malloc.h>
#include <utility>

namespace gatehouse::system {

namespace {

constexpr std::chrono::seconds between_looks{2};
constexpr std::uint32_t many = 512;  // so many gone at once leave memory worth giving back

}  // namespace

MemoryReturn::MemoryReturn(const boost::asio::any_io_executor& executor, std::function<std::uint32_t()> connections)
    : timer_(executor), connections_(std::move(connections)) {
    look();
}

void MemoryReturn::look() {
    const std::uint32_t now = connections_();
    most_ = std::max(most_, now);
    if (most_ - now >= many) {
        malloc_trim(0);
        most_ = now;
    }
    timer_.expires_after(between_looks);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) look();
    });
}

}  // namespace gatehouse::system
