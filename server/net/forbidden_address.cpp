#include "server/net/forbidden_address.hpp"

#include "base/advice.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ifaddrs.h>
#include <initializer_list>
#include <memory>
#include <netinet/in.h>

namespace gatehouse::net {

namespace {

using Bytes = std::span<const std::uint8_t>;

bool starts_with(Bytes bytes, std::initializer_list<std::uint8_t> prefix) {
    return bytes.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), bytes.begin());
}

bool all_zero(Bytes bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// By the address alone, whoever's it is; "" where nothing speaks against it.
std::string_view kind_forbidden(Bytes bytes) {
    if (bytes.empty()) return "is unspecified";
    if (bytes.size() == 4) {
        if (bytes[0] == 0) return "is unspecified";  // all of 0.0.0.0/8 means "this network"
        if (bytes[0] == 127) return "is a loopback address";
        if (starts_with(bytes, {169, 254})) return "is a link-local address";
        if (bytes[0] >= 224 && bytes[0] < 240) return "is a multicast address";
        if (starts_with(bytes, {255, 255, 255, 255})) return "is the broadcast address";
        return {};
    }
    if (all_zero(bytes)) return "is unspecified";
    if (all_zero(bytes.first(15)) && bytes[15] == 1) return "is a loopback address";
    if (bytes[0] == 0xfe && (bytes[1] & 0xc0U) == 0x80) return "is a link-local address";
    if (bytes[0] == 0xff) return "is a multicast address";
    return {};
}

Address ipv4_at(Bytes bytes, std::array<std::size_t, 4> places) {
    std::array<std::uint8_t, 4> found{};
    std::transform(places.begin(), places.end(), found.begin(), [&](std::size_t place) { return bytes[place]; });
    return Address::of(std::span<const std::uint8_t>(found));
}

// RFC 6052, 2.2: behind a NAT64 prefix of 48, 56, 64 or 96 bits. Which one it is cannot be seen, but what follows the
// IPv4 address is zero, and an IPv4 address that begins with zero is more likely a wrong guess.
std::vector<Address> embedded_in_local_nat64(Bytes bytes) {
    std::vector<Address> found{ipv4_at(bytes, {12, 13, 14, 15})};
    if (all_zero(bytes.subspan(11))) found.push_back(ipv4_at(bytes, {6, 7, 9, 10}));
    if (all_zero(bytes.subspan(12))) found.push_back(ipv4_at(bytes, {7, 9, 10, 11}));
    if (all_zero(bytes.subspan(13))) found.push_back(ipv4_at(bytes, {9, 10, 11, 12}));
    std::erase_if(found, [](const Address& guess) { return guess.bytes()[0] == 0; });
    if (found.empty()) found.push_back(Address::parse("0.0.0.0").value());
    return found;
}

// The IPv4 addresses that packets to this IPv6 address may end at.
std::vector<Address> embedded(Bytes bytes) {
    if (bytes.size() != 16) return {};
    constexpr std::array<std::size_t, 4> last{12, 13, 14, 15};
    if (all_zero(bytes.first(12))) return {ipv4_at(bytes, last)};                                          // compatible
    if (starts_with(bytes, {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0})) return {ipv4_at(bytes, last)};     // RFC 7915
    if (starts_with(bytes, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return {ipv4_at(bytes, last)};  // NAT64
    if (starts_with(bytes, {0, 0x64, 0xff, 0x9b, 0, 1})) return embedded_in_local_nat64(bytes);            // RFC 8215
    if (starts_with(bytes, {0x20, 0x02})) return {ipv4_at(bytes, {2, 3, 4, 5})};                           // 6to4
    if (starts_with(bytes, {0x20, 0x01, 0, 0})) {  // Teredo: the client's address is inverted
        std::array<std::uint8_t, 4> client{};
        std::transform(bytes.begin() + 12, bytes.end(), client.begin(),
                       [](std::uint8_t byte) { return static_cast<std::uint8_t>(~byte); });
        return {Address::of(std::span<const std::uint8_t>(client))};
    }
    const bool isatap = (bytes[8] & 0xfdU) == 0 && starts_with(bytes.subspan(9), {0, 0x5e, 0xfe});
    if (isatap) return {ipv4_at(bytes, last)};
    return {};
}

struct Block {
    std::array<std::uint8_t, 4> prefix;
    unsigned bits;
    std::string_view predicate;
};

bool lies_in(Bytes bytes, const Block& block) {
    unsigned left = block.bits;
    for (std::size_t i = 0; left > 0; ++i) {
        const unsigned taken = std::min(left, 8U);
        const auto mask = static_cast<std::uint8_t>(0xff00U >> taken);
        if ((bytes[i] & mask) != block.prefix[i]) return false;
        left -= taken;
    }
    return true;
}

// The registries of RFC 6890 as they are today, but for what is forbidden to everybody.
constexpr std::string_view is_private = "is a private address";
constexpr std::string_view is_documentation = "is an address of examples in documents";
constexpr std::string_view is_benchmark = "is an address of test laboratories";
constexpr std::string_view is_reserved = "is a reserved address";
constexpr std::array<Block, 13> not_public_ipv4{{
    {{10}, 8, is_private},
    {{172, 16}, 12, is_private},
    {{192, 168}, 16, is_private},
    {{100, 64}, 10, "is an address inside a provider's network"},
    {{192, 0, 0}, 24, is_reserved},
    {{192, 0, 2}, 24, is_documentation},
    {{198, 51, 100}, 24, is_documentation},
    {{203, 0, 113}, 24, is_documentation},
    {{192, 88, 99}, 24, is_reserved},
    {{198, 18}, 15, is_benchmark},
    {{192, 31, 196}, 24, is_reserved},
    {{192, 175, 48}, 24, is_reserved},
    {{240}, 4, is_reserved},
}};
constexpr std::array<Block, 5> not_public_ipv6{{
    {{0xfc}, 7, is_private},
    {{0xfe, 0xc0}, 10, is_private},
    {{0x20, 0x01, 0x0d, 0xb8}, 32, is_documentation},
    {{0x3f, 0xff, 0x00}, 20, is_documentation},
    {{0x20, 0x01, 0x00}, 23, is_reserved},  // Teredo, ORCHID and laboratories too
}};

std::string_view kind_not_public(Bytes bytes) {
    const auto within = [&](const Block& block) { return lies_in(bytes, block); };
    if (bytes.size() == 4) {
        const auto found = std::find_if(not_public_ipv4.begin(), not_public_ipv4.end(), within);
        return found == not_public_ipv4.end() ? std::string_view() : found->predicate;
    }
    const auto found = std::find_if(not_public_ipv6.begin(), not_public_ipv6.end(), within);
    if (found != not_public_ipv6.end()) return found->predicate;
    // Of IPv6 only 2000::/3 is given out (RFC 4291, 2.4), beside the NAT64 prefix that every network may use.
    const bool nat64 = starts_with(bytes, {0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0});
    return nat64 || (bytes[0] & 0xe0U) == 0x20 ? std::string_view() : is_reserved;
}

}  // namespace

std::optional<std::string> forbidden(const Address& address, std::span<const Address> own) {
    if (const auto kind = kind_forbidden(address.bytes()); !kind.empty()) return std::string(kind);
    if (std::find(own.begin(), own.end(), address) != own.end()) return "belongs to this machine";
    for (const Address& inner : embedded(address.bytes())) {
        if (const auto reason = forbidden(inner, own)) return "stands for " + inner.text() + ", which " + *reason;
    }
    return std::nullopt;
}

std::optional<std::string> forbidden_or_private(const Address& address, std::span<const Address> own) {
    if (auto reason = forbidden(address, own)) return reason;
    if (const auto kind = kind_not_public(address.bytes()); !kind.empty()) return std::string(kind);
    for (const Address& inner : embedded(address.bytes())) {
        if (const auto reason = forbidden_or_private(inner, own))
            return "stands for " + inner.text() + ", which " + *reason;
    }
    return std::nullopt;
}

base::Result<std::vector<Address>> own_addresses() {
    ifaddrs* list = nullptr;
    if (::getifaddrs(&list) != 0) {
        return base::fail(base::ErrorKind::io, "interfaces_unreadable",
                          "The machine's own addresses cannot be read: " + base::words_of(errno) + ".");
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(list, &::freeifaddrs);
    std::vector<Address> own;
    for (const ifaddrs* entry = list; entry != nullptr; entry = entry->ifa_next) {
        if (entry->ifa_addr == nullptr) continue;
        const int family = entry->ifa_addr->sa_family;
        if (family != AF_INET && family != AF_INET6) continue;
        sockaddr_storage storage{};
        std::memcpy(&storage, entry->ifa_addr, family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6));
        own.push_back(Address::of(storage));
    }
    return own;
}

base::Result<void> refuse_forbidden(const Address& address) {
    const auto own = own_addresses();
    if (!own) return base::fail(own.error());
    if (const auto reason = forbidden(address, *own)) {
        return base::fail(base::ErrorKind::denied, "address_forbidden", address.text() + " " + *reason + ".",
                          "The box calls other machines only, and not those of its own link.");
    }
    return {};
}

base::Result<void> refuse_private(const Address& address) {
    const auto own = own_addresses();
    if (!own) return base::fail(own.error());
    if (const auto reason = forbidden_or_private(address, *own)) {
        return base::fail(base::ErrorKind::denied, "address_forbidden", address.text() + " " + *reason + ".",
                          "What others name is fetched from public addresses only.");
    }
    return {};
}

}  // namespace gatehouse::net
