#include "tests/unit/net/https_peers.hpp"

#include "server/net/endpoint.hpp"
#include "tests/unit/net/wire.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <ctime>
#include <poll.h>
#include <sys/socket.h>

namespace gatehouse::net::testing {

namespace pki = certstore::testing;

namespace {

base::Descriptor listening_at(std::uint16_t port) {
    base::Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const sockaddr_in at = tests::loopback(port);
    const int again = 1;
    tests::require(::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &again, sizeof again) == 0, "SO_REUSEADDR");
    tests::require(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0, "bind");
    tests::require(::listen(socket.get(), 128) == 0, "listen");
    return socket;
}

std::size_t length_in(const std::string& head) {
    constexpr std::string_view field = "\r\nContent-Length: ";
    const std::size_t at = head.find(field);
    return at == std::string::npos ? 0 : std::stoul(head.substr(at + field.size()));
}

certstore::SslContextPtr context_of(const TlsManner& manner) {
    certstore::SslContextPtr context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX* const made = context.get();
    const bool old = manner.least_version < TLS1_2_VERSION;
    const std::string suites = manner.suites_1_2.empty() ? "DEFAULT" : manner.suites_1_2;
    SSL_CTX_set_security_level(made, 0);
    tests::require(SSL_CTX_set_min_proto_version(made, manner.least_version) == 1, "version");
    tests::require(SSL_CTX_set_max_proto_version(made, manner.most_version) == 1, "version");
    tests::require(SSL_CTX_set_cipher_list(made, (suites + (old ? ":@SECLEVEL=0" : "")).c_str()) == 1, "suites");
    tests::require(SSL_CTX_use_certificate(made, manner.chain.at(0)->certificate.get()) == 1, "certificate");
    tests::require(SSL_CTX_use_PrivateKey(made, manner.chain.at(0)->key.get()) == 1, "key");
    for (std::size_t i = 1; i < manner.chain.size(); ++i)
        tests::require(SSL_CTX_add1_chain_cert(made, manner.chain[i]->certificate.get()) == 1, "chain");
    if (manner.demands_certificate)
        SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_alpn_select_cb(
        made,
        [](SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered, unsigned int, void*) {
            *chosen = offered + 1;
            *size = offered[0];
            return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
    return context;
}

}  // namespace

pki::Wish server_wish(const std::string& alternative_names) {
    const std::int64_t now = std::time(nullptr);
    pki::Wish wish;
    wish.common_name = "server";
    wish.alternative_names = alternative_names;
    wish.not_before = now - pki::day;
    wish.not_after = now + 30 * pki::day;
    return wish;
}

pki::Wish authority_wish(const std::string& common_name) {
    pki::Wish wish = pki::ca_wish(common_name);
    const std::int64_t now = std::time(nullptr);
    wish.not_before = now - pki::day;
    wish.not_after = now + 30 * pki::day;
    return wish;
}

void wait_for_end(int socket) {
    std::array<char, 4096> bytes{};
    while (::recv(socket, bytes.data(), bytes.size(), 0) > 0) {
    }
}

// ---- listening

Listening::Listening(Serve serve, std::uint16_t port)
    : serve_(std::move(serve)), listening_(listening_at(port)), port_(tests::port_of(listening_)) {
    acceptor_ = std::thread([this] { accept_all(); });
}

void Listening::accept_all() {
    // OpenSSL writes to clients that are gone; the threads made here take this over.
    sigset_t broken_pipe{};
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &broken_pipe, nullptr);
    while (!stopping_) {
        pollfd wait{listening_.get(), POLLIN, 0};
        if (::poll(&wait, 1, 20) != 1) continue;
        const int socket = ::accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) continue;
        ++accepted_;
        most_open_ = std::max<std::size_t>(most_open_, ++open_);
        const std::lock_guard lock(mutex_);
        sockets_.push_back(socket);
        threads_.emplace_back([this, socket] { serve_one(socket); });
    }
}

void Listening::serve_one(int socket) {
    serve_(socket);
    const std::lock_guard lock(mutex_);
    std::erase(sockets_, socket);
    ::close(socket);
    --open_;
}

void Listening::drop_all() {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_)
        ::shutdown(socket, SHUT_RDWR);
}

void Listening::stop() {
    stopping_ = true;
    if (acceptor_.joinable()) acceptor_.join();
    drop_all();
    for (std::thread& thread : threads_) {
        if (thread.joinable()) thread.join();
    }
    listening_ = base::Descriptor();
}

// ---- TLS

std::string Conversation::request() {
    const auto more = [&] {
        std::array<char, 16384> bytes{};
        std::size_t got = 0;
        if (SSL_read_ex(ssl_, bytes.data(), bytes.size(), &got) != 1) return false;
        heard_.append(bytes.data(), got);
        return true;
    };
    std::size_t end = 0;
    while ((end = heard_.find("\r\n\r\n")) == std::string::npos) {
        if (!more()) return {};
    }
    const std::size_t size = end + 4 + length_in(heard_.substr(0, end + 2));
    while (heard_.size() < size) {
        if (!more()) return {};
    }
    std::string whole = heard_.substr(0, size);
    heard_.erase(0, size);
    return whole;
}

bool Conversation::say(std::string_view text) {
    std::size_t written = 0;
    return text.empty() || SSL_write_ex(ssl_, text.data(), text.size(), &written) == 1;
}

TlsPeer::TlsPeer(TlsManner manner, Script script, std::uint16_t port)
    : context_(context_of(manner)),
      script_(std::move(script)),
      listening_([this](int socket) { serve(socket); }, port) {}

void TlsPeer::serve(int socket) {
    const certstore::SslPtr ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), socket);
    ERR_clear_error();
    const bool shaken = SSL_accept(ssl.get()) == 1;
    const char* const name = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
    const unsigned char* protocol = nullptr;
    unsigned int protocol_size = 0;
    SSL_get0_alpn_selected(ssl.get(), &protocol, &protocol_size);
    {
        const std::lock_guard lock(mutex_);
        if (!shaken) failures_.push_back(certstore::drain_openssl_errors());
        names_.emplace_back(name == nullptr ? "" : name);
        protocols_.emplace_back(reinterpret_cast<const char*>(protocol), protocol_size);
    }
    if (!shaken) return;
    Conversation conversation(ssl.get(), socket);
    script_(conversation);
}

void TlsPeer::note_request(const std::string& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
}

std::vector<std::string> TlsPeer::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

std::vector<std::string> TlsPeer::names() const {
    const std::lock_guard lock(mutex_);
    return names_;
}

std::vector<std::string> TlsPeer::protocols() const {
    const std::lock_guard lock(mutex_);
    return protocols_;
}

std::vector<std::string> TlsPeer::failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
}

TlsPeer::Script answering(std::string answer) {
    return [answer = std::move(answer)](Conversation& conversation) {
        while (!conversation.request().empty()) {
            if (!conversation.say(answer)) return;
        }
    };
}

std::string ok(const std::string& body) {
    return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// ---- the proxy

ConnectProxy::ConnectProxy(std::string refusal)
    : refusal_(std::move(refusal)), listening_([this](int socket) { serve(socket); }) {}

std::vector<std::string> ConnectProxy::requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
}

void ConnectProxy::serve(int socket) {
    std::string request;
    char byte = 0;  // one at a time, so that nothing behind it is swallowed
    while (request.find("\r\n\r\n") == std::string::npos && ::recv(socket, &byte, 1, 0) == 1)
        request += byte;
    {
        const std::lock_guard lock(mutex_);
        requests_.push_back(request);
    }
    const auto say = [&](std::string_view text) { ::send(socket, text.data(), text.size(), MSG_NOSIGNAL); };
    if (!refusal_.empty()) return say(refusal_);
    const std::size_t colon = request.find(':');
    const auto address = Address::parse(request.substr(8, colon - 8));
    if (!address || !address->is_ipv4()) return say("HTTP/1.1 400 Not An Address\r\n\r\n");
    base::Descriptor server(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to = tests::loopback(static_cast<std::uint16_t>(std::stoul(request.substr(colon + 1))));
    std::copy(address->bytes().begin(), address->bytes().end(), reinterpret_cast<std::uint8_t*>(&to.sin_addr));
    if (::connect(server.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
        return say("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nno\n");
    say("HTTP/1.1 200 Connection established\r\n\r\n");
    std::array<pollfd, 2> ends{{{socket, POLLIN, 0}, {server.get(), POLLIN, 0}}};
    std::array<char, 16384> bytes{};
    while (::poll(ends.data(), ends.size(), -1) > 0) {
        for (std::size_t i = 0; i < 2; ++i) {
            if (ends.at(i).revents == 0) continue;
            const ssize_t got = ::recv(ends.at(i).fd, bytes.data(), bytes.size(), 0);
            if (got <= 0) return;
            ::send(ends.at(1 - i).fd, bytes.data(), static_cast<std::size_t>(got), MSG_NOSIGNAL);
        }
    }
}

}  // namespace gatehouse::net::testing
