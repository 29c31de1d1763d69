// What is known of an outbound call, step by step. Values, filled in by whoever makes the call. One thread at a time.
#pragma once

#include "base/result.hpp"
#include "certstore/certificate.hpp"
#include "server/net/address.hpp"
#include "server/net/endpoint.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gatehouse::net {

/// How far a call came: the last step that was begun.
enum class CallStep { preparing, resolving, connecting, proxy, tls, sending, head, body, done };

/// What came of a handshake, as far as it came.
struct TlsFacts {
    std::string version;                             ///< "TLSv1.3"; "": none was agreed on
    std::string cipher;                              ///< "TLS_AES_128_GCM_SHA256"
    std::vector<certstore::CertificateFacts> chain;  ///< as the server sent it, its own first
    bool trusted = false;
    std::optional<base::Error> distrust;  ///< why it is not
};

/// Of a reused connection nothing before `sending`.
struct CallSteps {
    CallStep step = CallStep::preparing;
    std::vector<Address> resolved;      ///< in the order in which they are tried
    std::optional<Endpoint> connected;  ///< the server's, also where a proxy connected to it
    std::optional<Endpoint> proxy;      ///< the proxy's own
    TlsFacts tls;
    int status = 0;
    bool reused = false;
};

}  // namespace gatehouse::net
