// Whom the outbound client calls in its tests: real TLS servers that do as they are told, what is no TLS server, and a
// real proxy. Each connection has a thread of its own, which ends with the server.
#pragma once

#include "base/descriptor.hpp"
#include "tests/unit/certstore/certificates.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gatehouse::net::testing {

/// A valid wish for a server of that name ("DNS:cloud.test") by the machine's clock, unlike certstore's tests.
[[nodiscard]] certstore::testing::Wish server_wish(const std::string& alternative_names);
/// The same for an authority.
[[nodiscard]] certstore::testing::Wish authority_wish(const std::string& common_name);

/// Accepts connections on 127.0.0.1 and has each served on a thread.
class Listening {
public:
    using Serve = std::function<void(int socket)>;
    explicit Listening(Serve serve, std::uint16_t port = 0);
    Listening(const Listening&) = delete;
    Listening& operator=(const Listening&) = delete;
    ~Listening() { stop(); }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// Connections that were accepted, and those of them that are being served.
    [[nodiscard]] std::size_t accepted() const { return accepted_; }
    [[nodiscard]] std::size_t open() const { return open_; }
    [[nodiscard]] std::size_t most_open() const { return most_open_; }
    /// Breaks all connections, and waits for their threads.
    void stop();
    /// Breaks the connections there are.
    void drop_all();

private:
    void accept_all();
    void serve_one(int socket);

    Serve serve_;
    base::Descriptor listening_;
    std::uint16_t port_ = 0;
    std::atomic<std::size_t> accepted_ = 0;
    std::atomic<std::size_t> open_ = 0;
    std::atomic<std::size_t> most_open_ = 0;
    std::atomic<bool> stopping_ = false;
    std::mutex mutex_;  // guards the two below
    std::vector<int> sockets_;
    std::list<std::thread> threads_;
    std::thread acceptor_;
};

/// Reads and throws away until the other end is gone.
void wait_for_end(int socket);

/// How a TLS server shakes hands.
struct TlsManner {
    std::vector<const certstore::testing::Made*> chain;  ///< its own first
    int least_version = TLS1_2_VERSION;
    int most_version = TLS1_3_VERSION;
    std::string suites_1_2{};  ///< empty: OpenSSL's
    bool demands_certificate = false;
};

/// One connection of a TLS server, on its thread.
class Conversation {
public:
    explicit Conversation(SSL* ssl, int socket) : ssl_(ssl), socket_(socket) {}
    /// The next request, head and body; "" where none comes any more.
    [[nodiscard]] std::string request();
    /// False where the client is gone.
    bool say(std::string_view text);
    void goodbye() { SSL_shutdown(ssl_); }
    /// Holds still until the client is gone.
    void wait() { wait_for_end(socket_); }
    [[nodiscard]] SSL* ssl() { return ssl_; }

private:
    SSL* ssl_;
    int socket_;
    std::string heard_;
};

class TlsPeer {
public:
    using Script = std::function<void(Conversation& conversation)>;
    /// Serves each connection that shook hands by the script, and closes it, without a goodbye of its own.
    TlsPeer(TlsManner manner, Script script, std::uint16_t port = 0);

    [[nodiscard]] std::uint16_t port() const { return listening_.port(); }
    [[nodiscard]] Listening& listening() { return listening_; }
    [[nodiscard]] std::size_t accepted() const { return listening_.accepted(); }
    /// The requests that came, in their order.
    [[nodiscard]] std::vector<std::string> requests() const;
    /// The names it was asked by in handshakes; "" where by none.
    [[nodiscard]] std::vector<std::string> names() const;
    /// The protocols that were agreed on in handshakes.
    [[nodiscard]] std::vector<std::string> protocols() const;
    /// What OpenSSL said of handshakes that failed.
    [[nodiscard]] std::vector<std::string> failures() const;
    void note_request(const std::string& request);

private:
    void serve(int socket);

    certstore::SslContextPtr context_;
    Script script_;
    mutable std::mutex mutex_;  // guards the lists
    std::vector<std::string> requests_;
    std::vector<std::string> names_;
    std::vector<std::string> protocols_;
    std::vector<std::string> failures_;
    Listening listening_;  // first to go: its threads use the others
};

/// Answers each request by the same, until the client leaves.
[[nodiscard]] TlsPeer::Script answering(std::string answer);
/// "HTTP/1.1 200 OK" with that body.
[[nodiscard]] std::string ok(const std::string& body);

/// An HTTP proxy that connects where it is told to, which has to be an address.
class ConnectProxy {
public:
    /// `refusal`: what it answers instead, where it is not empty.
    explicit ConnectProxy(std::string refusal = "");
    [[nodiscard]] std::uint16_t port() const { return listening_.port(); }
    [[nodiscard]] std::vector<std::string> requests() const;

private:
    void serve(int socket);

    std::string refusal_;
    mutable std::mutex mutex_;  // guards the requests
    std::vector<std::string> requests_;
    Listening listening_;
};

}  // namespace gatehouse::net::testing
