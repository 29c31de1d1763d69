// From a host's name to a connection: its addresses on a network, and the first of them that accepts ("happy eyeballs",
// RFC 8305). Whoever calls out uses it; any coroutine whose executor runs one handler at a time.
#pragma once

#include "base/result.hpp"
#include "server/net/forbidden_address.hpp"
#include "server/net/origin.hpp"
#include "server/net/patient_socket.hpp"
#include "server/net/resolver.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::net {

/// How connections are tried.
struct Dialling {
    Origin origin;
    AddressPolicy policy;  ///< asked about each address before it is called, and about the one that answered
    std::chrono::steady_clock::time_point until;  ///< of all tries together
    std::chrono::milliseconds for_one_address{3000};
    std::chrono::milliseconds before_next{250};  ///< RFC 8305, 5: "Connection Attempt Delay"
};

/// The addresses of `name` that a socket of `origin` can reach, the families taking turns (RFC 8305, 4); IPv4 begins,
/// since it is what a name with both can rather be reached by where appliances stand. `name` as host_name gives it; the
/// resolver must outlive the call. Errors: those of Resolver::resolve.
[[nodiscard]] boost::asio::awaitable<base::Result<std::vector<Address>>> addresses_to_dial(
    Resolver& resolver, std::string name, Origin origin, std::chrono::steady_clock::time_point until);

/// The first of the addresses that accepts, which are tried in their order, the next one each time one has failed or
/// has been silent for a while; the others' connections are closed. The socket goes on to expire at `until`.
/// `addresses` is not empty. Errors: those of the policy and of bind_to; unavailable/connect_failed, which says what
/// befell each address that was called.
[[nodiscard]] boost::asio::awaitable<base::Result<PatientSocketPtr>> dial(std::vector<Address> addresses,
                                                                          std::uint16_t port, Dialling how);

}  // namespace gatehouse::net
