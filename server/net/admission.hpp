// Counts open connections, in all and per address, and says whether one more may come. One for the whole daemon, shared
// by the workers; any thread: locked, but only when a connection begins or ends, never on the way of a request.
#pragma once

#include "server/net/address.hpp"

#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace gatehouse::net {

struct AdmissionLimits {
    std::uint32_t connections = 0;
    std::uint32_t connections_per_address = 0;
};

class Admission {
public:
    explicit Admission(AdmissionLimits limits) : limits_(limits) {}

    enum class Verdict { admitted, too_many, too_many_of_address };
    /// A tenth more, at most 64, for the operators: whoever fills the clean door must not shut the admin door with it.
    enum class Door { any, reserved };
    /// Counts the connection if it is admitted; `leave` must follow then. IPv6 clients are counted by their /64, which
    /// is what one of them has.
    [[nodiscard]] Verdict enter(const Address& address, Door door);
    void leave(const Address& address);

    /// New limits hold for connections to come.
    void configure(AdmissionLimits limits);
    [[nodiscard]] std::uint32_t connections() const;

private:
    mutable std::mutex mutex_;
    AdmissionLimits limits_;
    std::uint32_t connections_ = 0;
    std::unordered_map<Address, std::uint32_t, AddressHash> of_address_;
};

}  // namespace gatehouse::net
