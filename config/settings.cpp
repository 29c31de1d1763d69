#include "config/settings.hpp"

namespace gatehouse::config {

std::string_view name(Interface interface) {
    return interface == Interface::clean ? "clean" : "admin";
}

std::string_view name(Network network) {
    return network == Network::clean ? "clean" : "dirty";
}

std::string ListenAddress::text() const {
    const bool is_ipv6 = host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string_view name(TlsPolicy policy) {
    switch (policy) {
        case TlsPolicy::intermediate:
            return "intermediate";
        case TlsPolicy::modern:
            return "modern";
        case TlsPolicy::legacy:
            return "legacy";
    }
    return "";
}

std::string_view name(KeyType type) {
    switch (type) {
        case KeyType::ecdsa_p256:
            return "ecdsa-p256";
        case KeyType::rsa_2048:
            return "rsa-2048";
        case KeyType::rsa_3072:
            return "rsa-3072";
        case KeyType::rsa_4096:
            return "rsa-4096";
        case KeyType::ed25519:
            return "ed25519";
    }
    return "ecdsa-p256";
}

std::string_view name(EngineProtocol protocol) {
    return protocol == EngineProtocol::clamd ? "clamd" : "gatehouse";
}

std::string ProxyAddress::text() const {
    return host.empty() ? std::string() : "http://" + ListenAddress{host, port}.text();
}

}  // namespace gatehouse::config
