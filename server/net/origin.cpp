#include "server/net/origin.hpp"

#include "base/advice.hpp"
#include "base/text.hpp"
#include "config/address.hpp"
#include "config/json_text.hpp"
#include "server/net/forbidden_address.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace gatehouse::net {

namespace {

tl::unexpected<base::Error> unusable(const std::string& what, int error) {
    return base::fail(base::ErrorKind::unavailable, "origin_unusable",
                      "Calls cannot leave by " + what + ": " + base::words_of(error) + ".",
                      "Check the source address or interface of this network.");
}

bool bind_to_address(const Address& source, int socket) {
    if (source.is_ipv4()) {
        sockaddr_in v4{};
        v4.sin_family = AF_INET;
        std::memcpy(&v4.sin_addr, source.bytes().data(), sizeof v4.sin_addr);
        return ::bind(socket, reinterpret_cast<const sockaddr*>(&v4), sizeof v4) == 0;
    }
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    std::memcpy(&v6.sin6_addr, source.bytes().data(), sizeof v6.sin6_addr);
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&v6), sizeof v6) == 0;
}

}  // namespace

base::Result<Origin> parse_origin(std::string_view text) {
    if (const auto fault = config::source_fault(text)) {
        return base::fail(base::ErrorKind::input, "source_invalid", config::in_quotes(text) + " " + *fault + ".");
    }
    Origin origin;
    if (const auto address = Address::parse(text)) {
        origin.source = *address;
    } else {
        origin.device = text;
    }
    return origin;
}

std::string text_of(const Origin& origin) {
    return origin.device.empty() ? origin.source.text() : origin.device;
}

base::Result<void> check_present(const Origin& origin) {
    std::vector<std::string> present;
    if (origin.source != Address()) {
        const auto own = own_addresses();
        if (!own) return base::fail(own.error());
        for (const Address& address : *own) {
            if (address == origin.source) return {};
            present.push_back(address.text());
        }
    } else if (!origin.device.empty()) {
        using NamesPtr = std::unique_ptr<struct if_nameindex, decltype(&::if_freenameindex)>;
        const NamesPtr names(::if_nameindex(), &::if_freenameindex);
        for (const auto* name = names.get(); name != nullptr && name->if_name != nullptr; ++name) {
            if (name->if_name == origin.device) return {};
            present.emplace_back(name->if_name);
        }
    } else {
        return {};
    }
    return base::fail(base::ErrorKind::input, "source_unknown", "This appliance has no " + text_of(origin) + ".",
                      "It has: " + base::joined(present, ", ") + ".");
}

bool reaches(const Origin& origin, const Address& to) {
    return origin.source == Address() || origin.source.is_ipv4() == to.is_ipv4();
}

base::Result<void> bind_to(const Origin& origin, int socket) {
    if (!origin.device.empty() && ::setsockopt(socket, SOL_SOCKET, SO_BINDTODEVICE, origin.device.data(),
                                               static_cast<socklen_t>(origin.device.size())) != 0) {
        return unusable("interface " + origin.device, errno);
    }
    if (origin.source != Address() && !bind_to_address(origin.source, socket)) {
        return unusable("address " + origin.source.text(), errno);
    }
    return {};
}

}  // namespace gatehouse::net
