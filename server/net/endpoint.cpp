#include "server/net/endpoint.hpp"

namespace gatehouse::net {

std::string Endpoint::text() const {
    const std::string host = address.is_ipv4() ? address.text() : "[" + address.text() + "]";
    return host + ":" + std::to_string(port);
}

Endpoint endpoint(const config::ListenAddress& address) {
    return {Address::parse(address.host).value(), address.port};
}

}  // namespace gatehouse::net
