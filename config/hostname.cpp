#include "config/hostname.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <netdb.h>
#include <unistd.h>

namespace gatehouse::config {

namespace {

std::string lower_case(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

// The canonical name of `host` where the resolver knows one that qualifies it, else empty. A resolver that answers
// "localhost" or another machine's name would make a certificate that no one expects, so only HOST.DOMAIN is believed.
std::string qualified(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_CANONNAME;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    if (found->ai_canonname == nullptr) return {};
    std::string name = lower_case(found->ai_canonname);
    if (name.ends_with('.')) name.pop_back();
    return name.starts_with(host + ".") ? name : std::string();
}

}  // namespace

std::string effective_hostname(const std::string& configured) {
    if (!configured.empty()) return lower_case(configured);
    std::array<char, 256> buffer{};
    if (::gethostname(buffer.data(), buffer.size() - 1) != 0) return "localhost";
    std::string host = lower_case(buffer.data());
    if (host.empty() || host == "(none)") return "localhost";
    if (host.find('.') != std::string::npos) return host;
    const std::string name = qualified(host);
    return name.empty() ? host : name;
}

}  // namespace gatehouse::config
