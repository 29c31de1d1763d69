// The TLS engine: one TLS connection over one socket, on a memory BIO. Receives once per readiness, sends once per
// flight, and holds no buffer while idle (asio::ssl::stream keeps 74 KiB for life; docs/decisions/). Every call returns
// at once: a step that cannot go on says what to wait for and is called again. Owned by the session, that worker's
// thread only.
#pragma once

#include "certstore/openssl.hpp"
#include "server/net/buffers.hpp"
#include "server/net/readiness.hpp"
#include "server/net/task.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace gatehouse::net {

class Worker;

class TlsConnection {
public:
    /// Takes over the non-blocking socket. The connection keeps `context` alive as long as it lives, so that a new
    /// certificate never disturbs it.
    TlsConnection(Worker& worker, int descriptor, SSL_CTX& context);
    TlsConnection(const TlsConnection&) = delete;
    TlsConnection& operator=(const TlsConnection&) = delete;
    ~TlsConnection();

    /// False where there was no memory or no place in epoll.
    [[nodiscard]] bool usable() const { return ssl_ != nullptr && readiness_.registered(); }

    /// The server's side of the handshake. After `closed`, OpenSSL's error queue says why.
    [[nodiscard]] Io handshake();
    /// Some plaintext into `into`; `got` says how much. Yields to the others, and in the end closes, where a peer sends
    /// records that hold none (key updates, attempts to renegotiate).
    [[nodiscard]] Io read(std::span<char> into, std::size_t& got);
    /// Encrypts `bytes` into the output; never waits. False: the connection is broken.
    [[nodiscard]] bool write(std::string_view bytes);
    /// Sends the output.
    [[nodiscard]] Io flush();
    /// Appends close_notify to the output.
    void say_goodbye();
    /// After the last byte was flushed: ends our direction and throws away what the peer still sends, so that the
    /// kernel does not answer it with a reset that would destroy our last response on its way. `most`: bytes of it; a
    /// peer that sends more does not want our answer.
    [[nodiscard]] Io linger(std::uint64_t most = 1 << 20);

    /// Waits as `io` (want_read, want_write) asks, then calls `wake`.
    void wait(Io io, Readiness::Wake wake, void* context);
    /// Has to be told of every wake-up, whatever it was for: edges that came meanwhile are not told twice.
    void woken() { maybe_readable_ = true; }
    /// Wakes a pending wait soon.
    void cancel() { readiness_.cancel(); }

    /// Ciphertext or decrypted bytes are at hand: a read may succeed without waiting.
    [[nodiscard]] bool has_input() const;
    /// TLS1_3_VERSION or the like; after the handshake.
    [[nodiscard]] int protocol() const { return SSL_version(ssl_.get()); }
    /// Whether it began with this context, not with one of a former certificate.
    [[nodiscard]] bool began_with(const SSL_CTX& context) const { return SSL_get_SSL_CTX(ssl_.get()) == &context; }
    [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_; }

    /// How OpenSSL reaches the connection's buffers; one per worker, handed in through it.
    struct BioMethodFree {
        void operator()(BIO_METHOD* method) const noexcept { BIO_meth_free(method); }
    };
    using BioMethodPtr = std::unique_ptr<BIO_METHOD, BioMethodFree>;
    [[nodiscard]] static BioMethodPtr make_bio_method();

private:
    [[nodiscard]] Io receive();
    [[nodiscard]] Io receive_or_flush();
    [[nodiscard]] Io settle(int result);
    int bio_read(char* into, int size);
    int bio_write(const char* from, int size);

    Worker& worker_;
    Readiness readiness_;
    certstore::SslPtr ssl_;
    Block received_;                  // ciphertext as it came
    std::size_t received_begin_ = 0;  // what OpenSSL has not taken yet: [begin, end)
    std::size_t received_end_ = 0;
    Block output_;  // ciphertext to be sent: [sent, size)
    std::size_t output_sent_ = 0;
    std::size_t output_size_ = 0;
    std::uint64_t bytes_sent_ = 0;
    std::uint64_t bytes_received_ = 0;
    std::uint64_t linger_until_ = 0;  // bytes_received_ at which lingering ends
    std::uint64_t fruitful_at_ = 0;   // bytes_received_ when there last was plaintext
    bool maybe_readable_ = false;     // a recv may succeed: do not wait before trying
    bool half_closed_ = false;
};

}  // namespace gatehouse::net
