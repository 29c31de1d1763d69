#include "server/system/memory.hpp"

#include <algorithm>
#include <malloc.h>
#include <utility>

namespace gatehouse::system {

namespace {

constexpr std::uint32_t many = 512;  // so many gone at once leave memory worth giving back

}  // namespace

MemoryReturn::MemoryReturn(const boost::asio::any_io_executor& executor, std::function<std::uint32_t()> connections,
                           std::function<void()> give_back, Duration between_looks)
    : timer_(executor),
      connections_(std::move(connections)),
      give_back_(std::move(give_back)),
      between_looks_(between_looks) {
    look();
}

void MemoryReturn::trim_heap() {
    malloc_trim(0);
}

void MemoryReturn::look() {
    const std::uint32_t now = connections_();
    most_ = std::max(most_, now);
    if (most_ - now >= many) {
        give_back_();
        most_ = now;
    }
    timer_.expires_after(between_looks_);
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (!error) look();
    });
}

}  // namespace gatehouse::system
