#include "server/net/tls_connection.hpp"

#include "server/net/worker.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <utility>

namespace gatehouse::net {

namespace {

constexpr int barren_rounds_in_a_row = 2;  // one is common: a receive that ends in the middle of a record
// What a peer may send without a byte for us. Counted in bytes, because one record may come in any number of pieces;
// nearly two of the largest records, because a thousand key updates fit into them and each costs us as much as a page.
constexpr std::uint64_t most_barren_bytes = 32UL * 1024;

}  // namespace

TlsConnection::BioMethodPtr TlsConnection::make_bio_method() {
    BioMethodPtr method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "gatehouse connection"));
    if (!method) return method;
    BIO_meth_set_read(method.get(), [](BIO* bio, char* into, int size) {
        BIO_clear_retry_flags(bio);
        const int got = static_cast<TlsConnection*>(BIO_get_data(bio))->bio_read(into, size);
        if (got < 0) BIO_set_retry_read(bio);
        return got;
    });
    BIO_meth_set_write(method.get(), [](BIO* bio, const char* from, int size) {
        BIO_clear_retry_flags(bio);
        return static_cast<TlsConnection*>(BIO_get_data(bio))->bio_write(from, size);
    });
    BIO_meth_set_ctrl(method.get(),
                      [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH ? 1 : 0; });
    return method;
}

TlsConnection::TlsConnection(Worker& worker, int descriptor, SSL_CTX& context)
    : worker_(worker), readiness_(worker.io(), descriptor), ssl_(SSL_new(&context)) {
    BIO* bio = ssl_ ? BIO_new(worker.bio_method()) : nullptr;
    if (bio == nullptr) {
        ssl_.reset();
        ERR_clear_error();
        return;
    }
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_accept_state(ssl_.get());
}

TlsConnection::~TlsConnection() = default;

int TlsConnection::bio_read(char* into, int size) {
    const std::size_t left = received_end_ - received_begin_;
    if (left == 0) return -1;
    const std::size_t taken = std::min(left, static_cast<std::size_t>(size));
    std::memcpy(into, received_.data() + received_begin_, taken);
    received_begin_ += taken;
    return static_cast<int>(taken);
}

int TlsConnection::bio_write(const char* from, int size) {
    const auto more = static_cast<std::size_t>(size);
    if (output_size_ + more > output_.capacity()) {
        // At least twice as much: many small records must not be copied once for each.
        const std::size_t grown = output_ ? std::max(BufferPool::large, 2 * output_.capacity()) : 0;
        Block bigger = worker_.buffers().take(std::max(output_size_ + more, grown));
        if (output_size_ > 0) std::memcpy(bigger.data(), output_.data(), output_size_);
        output_ = std::move(bigger);
    }
    std::memcpy(output_.data() + output_size_, from, more);
    output_size_ += more;
    return size;
}

Io TlsConnection::receive() {
    if (!maybe_readable_) return Io::want_read;
    if (!received_) received_ = worker_.buffers().take(BufferPool::small);
    for (;;) {
        const ssize_t got = ::recv(readiness_.descriptor(), received_.data(), received_.capacity(), 0);
        if (got > 0) {
            received_begin_ = 0;
            received_end_ = static_cast<std::size_t>(got);
            bytes_received_ += received_end_;
            maybe_readable_ = received_end_ == received_.capacity();
            return Io::done;
        }
        if (got < 0 && errno == EINTR) continue;
        received_.release();
        if (got < 0 && errno == EAGAIN) {
            maybe_readable_ = false;
            return Io::want_read;
        }
        return Io::closed;
    }
}

Io TlsConnection::receive_or_flush() {
    // A peer that makes us answer must also take the answers.
    if (output_size_ - output_sent_ > BufferPool::small) {
        if (const Io flushed = flush(); flushed != Io::done) return flushed;
    }
    const Io received = receive();
    if (received != Io::want_read) return received;
    // Whatever we owe the peer it must have before we wait for it.
    const Io flushed = flush();
    return flushed == Io::done ? Io::want_read : flushed;
}

// After OpenSSL could not go on with `result`: what is needed before it is called again.
Io TlsConnection::settle(int result) {
    if (SSL_get_error(ssl_.get(), result) == SSL_ERROR_WANT_READ) return receive_or_flush();
    (void)flush();  // an alert, perhaps; the connection is over whether it gets through or not
    return Io::closed;
}

Io TlsConnection::handshake() {
    for (;;) {
        const int result = SSL_do_handshake(ssl_.get());
        if (result == 1) {
            fruitful_at_ = bytes_received_;
            return Io::done;
        }
        const Io io = settle(result);
        if (io != Io::done) return io;
    }
}

Io TlsConnection::read(std::span<char> into, std::size_t& got) {
    for (int rounds = 0; rounds < barren_rounds_in_a_row; ++rounds) {
        if (!has_input()) {  // asking OpenSSL in vain costs more than a whole wait
            if (const Io io = receive_or_flush(); io != Io::done) return io;
        }
        const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &got);
        if (received_begin_ == received_end_) received_.release();
        if (result == 1) {
            fruitful_at_ = bytes_received_;
            return Io::done;
        }
        // Only here OpenSSL has seen all that came: what it has not seen yet may well hold something for us.
        if (bytes_received_ - fruitful_at_ > most_barren_bytes) {
            ERR_clear_error();
            return Io::closed;
        }
        const Io io = settle(result);
        if (io != Io::done) {
            if (io == Io::closed) ERR_clear_error();
            return io;
        }
    }
    return Io::yield;
}

bool TlsConnection::write(std::string_view bytes) {
    while (!bytes.empty()) {
        std::size_t written = 0;
        if (SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &written) != 1) {
            ERR_clear_error();
            return false;
        }
        bytes.remove_prefix(written);
    }
    return true;
}

Io TlsConnection::flush() {
    while (output_sent_ < output_size_) {
        const ssize_t sent =
            ::send(readiness_.descriptor(), output_.data() + output_sent_, output_size_ - output_sent_, MSG_NOSIGNAL);
        if (sent >= 0) {
            output_sent_ += static_cast<std::size_t>(sent);
            bytes_sent_ += static_cast<std::uint64_t>(sent);
        } else if (errno == EAGAIN) {
            return Io::want_write;
        } else if (errno != EINTR) {
            return Io::closed;
        }
    }
    output_.release();
    output_sent_ = output_size_ = 0;
    return Io::done;
}

void TlsConnection::say_goodbye() {
    if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

Io TlsConnection::linger(std::uint64_t most) {
    if (!half_closed_) {
        half_closed_ = true;
        linger_until_ = bytes_received_ + most;
        if (::shutdown(readiness_.descriptor(), SHUT_WR) != 0) return Io::closed;
        maybe_readable_ = true;
    }
    constexpr std::uint64_t in_a_row = 1 << 20;  // before the others have their turn
    const std::uint64_t turn_ends = bytes_received_ + in_a_row;
    while (bytes_received_ < linger_until_) {
        if (bytes_received_ >= turn_ends) return Io::yield;
        const Io io = receive();
        if (io != Io::done) return io;
    }
    return Io::closed;
}

void TlsConnection::wait(Io io, Readiness::Wake wake, void* context) {
    readiness_.wait(io == Io::want_write ? Direction::writable : Direction::readable, wake, context);
}

bool TlsConnection::has_input() const {
    return received_begin_ != received_end_ || SSL_has_pending(ssl_.get()) == 1;
}

}  // namespace gatehouse::net
