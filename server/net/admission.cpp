#include "server/net/admission.hpp"

namespace gatehouse::net {

Admission::Verdict Admission::enter(const Address& address) {
    const std::lock_guard lock(mutex_);
    if (connections_ >= limits_.connections) return Verdict::too_many;
    std::uint32_t& own = of_address_[address];
    if (own >= limits_.connections_per_address) return Verdict::too_many_of_address;
    ++own;
    ++connections_;
    return Verdict::admitted;
}

void Admission::leave(const Address& address) {
    const std::lock_guard lock(mutex_);
    --connections_;
    const auto found = of_address_.find(address);
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
