#include "server/net/admission.hpp"

#include <algorithm>

namespace gatehouse::net {

namespace {

constexpr std::uint32_t most_reserved = 64;

}  // namespace

Admission::Verdict Admission::enter(const Address& address, Door door) {
    const std::lock_guard lock(mutex_);
    const std::uint32_t reserve = door == Door::reserved ? std::min(most_reserved, limits_.connections / 10) : 0;
    if (connections_ >= limits_.connections + reserve) return Verdict::too_many;
    const Address network = address.network();
    const auto own = of_address_.find(network);
    if (own != of_address_.end() && own->second >= limits_.connections_per_address) return Verdict::too_many_of_address;
    ++of_address_[network];
    ++connections_;
    return Verdict::admitted;
}

void Admission::leave(const Address& address) {
    const std::lock_guard lock(mutex_);
    --connections_;
    const auto found = of_address_.find(address.network());
    if (--found->second == 0) of_address_.erase(found);
}

void Admission::configure(AdmissionLimits limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
}

std::uint32_t Admission::connections() const {
    const std::lock_guard lock(mutex_);
    return connections_;
}

}  // namespace gatehouse::net
