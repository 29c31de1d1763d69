#include "server/http/session_log.hpp"

#include <string>

namespace gatehouse::http {

void log_failed_handshake(const Site& site, const net::Address& peer, std::string_view broken_off) {
    std::string why = certstore::drain_openssl_errors();
    if (!site.log->enabled(base::LogLevel::debug)) return;
    if (!broken_off.empty()) why = broken_off;
    if (why.empty()) why = "The client hung up.";
    site.log->debug("tls.handshake_failed", why,
                    {{"interface", std::string(config::name(site.interface))}, {"peer", peer.text()}});
}

void log_access(const Site& site, const net::Address& peer, const Request& request, unsigned status) {
    if (!site.log->enabled(base::LogLevel::debug)) return;
    site.log->debug("http.request", std::string(request.method_text) + " " + std::string(request.path),
                    {{"interface", std::string(config::name(site.interface))},
                     {"peer", peer.text()},
                     {"method", std::string(request.method_text)},
                     {"path", std::string(request.path)},
                     {"status", std::to_string(status)}});
}

HandshakeEnd end_of(int protocol) {
    if (protocol == TLS1_3_VERSION) return HandshakeEnd::tls_1_3;
    return protocol == TLS1_2_VERSION ? HandshakeEnd::tls_1_2 : HandshakeEnd::older;
}

}  // namespace gatehouse::http
