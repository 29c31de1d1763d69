// Where no call may go that somebody asked for from outside: the box itself, and what is only meant for its link. Such
// a call would come from inside, past every firewall. Pure but for `own_addresses`; any thread.
#pragma once

#include "base/result.hpp"
#include "server/net/address.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::net {

/// Says whether an address may be called; the Error is told to who asked for the call. A value that its user is given,
/// to be asked about the very address that is called, after names were resolved.
using AddressPolicy = std::function<base::Result<void>(const Address&)>;

/// Why `address` is forbidden, as a predicate ("is a loopback address"); nullopt: it is not. Forbidden are unspecified,
/// loopback, link-local, multicast and broadcast addresses and the box's `own` ones, also where an IPv6 address stands
/// for such an IPv4 one (mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP). Private networks are allowed:
/// that is where appliances live.
[[nodiscard]] std::optional<std::string> forbidden(const Address& address, std::span<const Address> own);

/// The same for what comes from whoever may submit something: forbidden besides are private networks (RFC 1918,
/// fc00::/7 and the former fec0::/10), providers' inner ones (100.64.0.0/10), those of documents, laboratories and
/// protocols, and whatever of IPv6 is given out to nobody.
[[nodiscard]] std::optional<std::string> forbidden_or_private(const Address& address, std::span<const Address> own);

/// The addresses of this machine's interfaces as they are now. Errors: io/interfaces_unreadable.
[[nodiscard]] base::Result<std::vector<Address>> own_addresses();

/// The policy of all outbound calls: refuses what is `forbidden`. Errors: denied/address_forbidden,
/// io/interfaces_unreadable.
[[nodiscard]] base::Result<void> refuse_forbidden(const Address& address);

/// The policy where whom to call was said by somebody who is no operator: refuses what is `forbidden_or_private`.
/// Errors as above.
[[nodiscard]] base::Result<void> refuse_private(const Address& address);

}  // namespace gatehouse::net
