#include "server/net/tls_wire.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <openssl/err.h>

#include <algorithm>
#include <array>

namespace gatehouse::net {

namespace asio = boost::asio;

namespace {

constexpr auto with_error = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t chunk_size = 16 * std::size_t{1024};

}  // namespace

base::Result<TlsWire> TlsWire::make(SSL_CTX& context, const std::string& host) {
    TlsWire made;
    made.ssl_.reset(SSL_new(&context));
    certstore::BioPtr input(BIO_new(BIO_s_mem()));
    certstore::BioPtr output(BIO_new(BIO_s_mem()));
    const bool named = !Address::parse(host).has_value();
    if (!made.ssl_ || !input || !output || (named && SSL_set_tlsext_host_name(made.ssl(), host.c_str()) != 1)) {
        return base::fail(base::ErrorKind::crypto, "handshake_failed",
                          "No handshake could be begun: " + certstore::drain_openssl_errors() + ".");
    }
    made.input_ = input.get();
    made.output_ = output.get();
    SSL_set_bio(made.ssl(), input.release(), output.release());
    SSL_set_connect_state(made.ssl());
    return made;
}

std::string TlsWire::take_output() {
    std::string bytes(BIO_ctrl_pending(output_), '\0');
    const int size = BIO_read(output_, bytes.data(), static_cast<int>(bytes.size()));
    bytes.resize(static_cast<std::size_t>(std::max(size, 0)));
    return bytes;
}

void TlsWire::take_input(const char* bytes, std::size_t size) {
    constexpr char alert = 21;  // RFC 8446, B.1
    constexpr char handshake_record = 22;
    if (received_ == 0) looks_like_tls_ = bytes[0] == alert || bytes[0] == handshake_record;
    received_ += size;
    BIO_write(input_, bytes, static_cast<int>(size));
}

asio::awaitable<bool> TlsWire::flush(PatientSocket& socket) {
    const std::string out = take_output();
    if (out.empty()) co_return true;
    const auto buffer = asio::buffer(out);
    const auto [error, sent] = co_await asio::async_write(socket.socket(), buffer, with_error);
    co_return !error;
}

asio::awaitable<TlsWire::Flow> TlsWire::exchange(PatientSocket& socket, std::size_t most_bytes) {
    (void)co_await flush(socket);
    std::array<char, chunk_size> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
    const auto buffer = asio::buffer(chunk);
    const auto [error, got] = co_await socket.socket().async_read_some(buffer, with_error);
    if (socket.expired()) co_return Flow::expired;
    if (error) co_return Flow::closed;
    if (received_ + got > most_bytes) co_return Flow::flooded;
    take_input(chunk.data(), got);
    co_return Flow::open;
}

TlsWire::Flow TlsWire::gather(PatientSocket& socket) {
    std::array<char, chunk_size> chunk;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by the read
    boost::system::error_code error;
    socket.socket().non_blocking(true, error);
    std::size_t gathered = 0;
    while (!error) {
        const std::size_t got = socket.socket().read_some(asio::buffer(chunk), error);
        gathered += error ? 0 : got;
        if (gathered > most_gathered) return Flow::flooded;
        if (!error) take_input(chunk.data(), got);
    }
    return error == asio::error::would_block ? Flow::open : Flow::closed;
}

void TlsWire::say_goodbye(PatientSocket& socket) {
    if (!socket.socket().is_open()) return;
    SSL_shutdown(ssl());
    ERR_clear_error();
    const std::string last = take_output();
    boost::system::error_code ignored;  // a server that takes no goodbye sees the end of the connection
    socket.socket().non_blocking(true, ignored);
    socket.socket().write_some(asio::buffer(last), ignored);
}

base::Error no_tls_error(const std::string& server, const std::string& what) {
    return {base::ErrorKind::crypto, "not_tls", server + " " + what + ".",
            "Check the port: it has to be one that speaks TLS from the first byte."};
}

}  // namespace gatehouse::net
