// Looks at the certificates that a TLS server presents: goes the way that calls go, shakes hands and verifies nothing.
// Made by the appliance per network, or by whoever probes; `look` from any coroutine whose executor runs one handler at
// a time.
#pragma once

#include "base/result.hpp"
#include "certstore/openssl.hpp"
#include "server/net/forbidden_address.hpp"
#include "server/net/way_out.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gatehouse::net {

/// What a server presented.
struct Presented {
    Address address;                               ///< the one that was connected to, also where a proxy did
    std::string tls_version;                       ///< "TLSv1.3"
    std::vector<certstore::CertificatePtr> chain;  ///< as it was sent, the server's own first; never empty
};

class TlsProbe {
public:
    /// `policy` is asked about each address before it is called, and about the one that answered. `patience` is for one
    /// look in all. Errors are thrown, as in Worker.
    TlsProbe(WayOut way, AddressPolicy policy, std::chrono::milliseconds patience = std::chrono::seconds(10));

    /// Looks at the first of the addresses of `host` that accepts the connection. TLS 1.0 and 1.1, weak keys and weak
    /// signatures do here, since nothing is believed. The probe must outlive the call. Errors: those of
    /// host_name and reach; input/port_invalid; unavailable/probe_timeout; crypto/not_tls, crypto/handshake_failed,
    /// crypto/chain_too_large.
    [[nodiscard]] boost::asio::awaitable<base::Result<Presented>> look(std::string host, std::uint16_t port);

private:
    WayOut way_;
    AddressPolicy policy_;
    std::chrono::milliseconds patience_;
    certstore::SslContextPtr context_;
};

}  // namespace gatehouse::net
