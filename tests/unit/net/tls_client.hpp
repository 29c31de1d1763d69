// The other end of a TLS connection: OpenSSL's own client between memory BIOs, so that a test decides in which pieces
// its bytes travel. On a blocking socket `shake_hands`, `hear` and the like wait; on one that does not, they go as far
// as they can. One thread.
#pragma once

#include "certstore/openssl.hpp"
#include "tests/unit/net/wire.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::tests {

/// One HTTP response as it came.
struct Answer {
    int status = 0;  ///< 0: none came; `TlsClient::end` says what came instead
    std::string head;
    std::string body;

    [[nodiscard]] bool has(std::string_view line) const {
        return head.find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
    }
};

class TlsClient {
public:
    explicit TlsClient(base::Descriptor socket, int version = TLS1_3_VERSION)
        : socket_(std::move(socket)), context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_min_proto_version(context_.get(), version);
        SSL_CTX_set_max_proto_version(context_.get(), version);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        BIO_set_mem_eof_return(SSL_get_rbio(ssl_.get()), -1);
        SSL_set_connect_state(ssl_.get());
    }

    [[nodiscard]] SSL* ssl() const { return ssl_.get(); }
    [[nodiscard]] const base::Descriptor& socket() const { return socket_; }
    /// How the connection was found at the last read.
    [[nodiscard]] End end() const { return end_; }
    /// What OpenSSL said of a `broken` one.
    [[nodiscard]] const std::string& words() const { return words_; }

    // ---- bytes as they travel

    /// What the client would send next in its handshake.
    [[nodiscard]] std::string next_flight() {
        ERR_clear_error();
        const int result = SSL_do_handshake(ssl_.get());
        if (result != 1) settle(result);
        return take_output();
    }
    /// The records that `plaintext` becomes.
    [[nodiscard]] std::string seal(std::string_view plaintext) {
        std::size_t written = 0;
        if (!plaintext.empty() && SSL_write_ex(ssl_.get(), plaintext.data(), plaintext.size(), &written) != 1)
            throw std::runtime_error("SSL_write_ex: " + certstore::drain_openssl_errors());
        return take_output();
    }
    /// A record that holds no byte of plaintext (TLS 1.3: KeyUpdate).
    [[nodiscard]] std::string empty_record(int kind = SSL_KEY_UPDATE_NOT_REQUESTED) {
        if (SSL_key_update(ssl_.get(), kind) != 1 || SSL_do_handshake(ssl_.get()) != 1)
            throw std::runtime_error("SSL_key_update: " + certstore::drain_openssl_errors());
        return take_output();
    }
    [[nodiscard]] std::string goodbye() {
        SSL_shutdown(ssl_.get());
        return take_output();
    }
    [[nodiscard]] bool push(std::string_view ciphertext) const { return send_all(socket_, ciphertext); }
    /// Each byte by a send of its own.
    [[nodiscard]] bool push_by_bytes(std::string_view ciphertext) const {
        return std::all_of(ciphertext.begin(), ciphertext.end(), [&](const char& byte) { return push({&byte, 1}); });
    }
    /// Takes what is at the socket to OpenSSL.
    [[nodiscard]] bool pull() {
        std::string bytes;
        end_ = receive_some(socket_, bytes);
        if (!bytes.empty()) BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
        return end_ == End::open;
    }

    // ---- a conversation

    [[nodiscard]] bool shake_hands() {
        for (;;) {
            const std::string flight = next_flight();
            if (!flight.empty() && !push(flight)) return false;
            if (SSL_is_init_finished(ssl_.get()) == 1) return true;
            if (end_ == End::broken || !pull()) return false;
        }
    }
    [[nodiscard]] bool say(std::string_view plaintext) { return push(seal(plaintext)); }
    /// Some plaintext; empty where there is none: `end` says why.
    [[nodiscard]] std::string hear() {
        std::array<char, 16 * 1024> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by SSL_read_ex
        for (;;) {
            std::size_t got = 0;
            ERR_clear_error();
            const int result = SSL_read_ex(ssl_.get(), bytes.data(), bytes.size(), &got);
            if (result == 1) return {bytes.data(), got};
            if (settle(result) || !pull()) return {};
        }
    }
    /// Ends the client's direction.
    void hang_up_half() const { require(::shutdown(socket_.get(), SHUT_WR) == 0, "shutdown"); }
    void hang_up() { socket_ = base::Descriptor(); }
    /// Reads until the connection ends; whatever still came is thrown away.
    [[nodiscard]] End wait_for_end() {
        while (!hear().empty())
            continue;
        return end_;
    }

    /// The next response. `bodyless`: it is one to HEAD, or a 100.
    [[nodiscard]] Answer answer(bool bodyless = false) {
        Answer answer;
        std::size_t head = 0;
        while ((head = heard_.find("\r\n\r\n")) == std::string::npos) {
            if (!hear_more()) return answer;
        }
        answer.head = heard_.substr(0, head + 2);
        heard_.erase(0, head + 4);
        const std::size_t body = bodyless ? 0 : content_length(answer.head);
        while (heard_.size() < body) {
            if (!hear_more()) break;
        }
        answer.body = heard_.substr(0, body);
        heard_.erase(0, body);
        if (answer.body.size() == body) answer.status = std::stoi(answer.head.substr(9, 3));
        return answer;
    }
    [[nodiscard]] Answer ask(std::string_view request) { return say(request) ? answer() : Answer{}; }
    [[nodiscard]] Answer get(std::string_view path) {
        return ask("GET " + std::string(path) + " HTTP/1.1\r\nHost: box.example\r\n\r\n");
    }

private:
    std::string take_output() {
        char* start = nullptr;
        const long size = BIO_get_mem_data(SSL_get_wbio(ssl_.get()), &start);
        std::string bytes(start, static_cast<std::size_t>(size));
        (void)BIO_reset(SSL_get_wbio(ssl_.get()));
        return bytes;
    }
    // After OpenSSL could not go on: true where it never will.
    bool settle(int result) {
        const int why = SSL_get_error(ssl_.get(), result);
        if (why == SSL_ERROR_WANT_READ) return false;
        end_ = why == SSL_ERROR_ZERO_RETURN ? End::goodbye : End::broken;
        words_ = certstore::drain_openssl_errors();
        return true;
    }
    bool hear_more() {
        const std::string more = hear();
        heard_ += more;
        return !more.empty();
    }
    static std::size_t content_length(const std::string& head) {
        constexpr std::string_view name = "\r\nContent-Length: ";
        const std::size_t at = head.find(name);
        return at == std::string::npos ? 0 : std::stoul(head.substr(at + name.size()));
    }

    struct ContextFree {
        void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
    };

    base::Descriptor socket_;
    std::unique_ptr<SSL_CTX, ContextFree> context_;
    certstore::SslPtr ssl_;
    End end_ = End::open;
    std::string words_;
    std::string heard_;  // plaintext behind the last answer
};

}  // namespace gatehouse::tests
