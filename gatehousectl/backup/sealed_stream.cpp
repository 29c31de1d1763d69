#include "gatehousectl/backup/sealed_stream.hpp"

#include "base/advice.hpp"
#include "base/file_errors.hpp"
#include "base/files.hpp"
#include "gatehousectl/backup/big_endian.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::ErrorKind;
using base::Result;
using base::Secret;

constexpr std::string_view magic = "gatehouse-backup";
constexpr std::uint64_t version = 1;
constexpr std::size_t salt_size = crypto_pwhash_argon2id_SALTBYTES;
constexpr std::size_t stream_header_size = crypto_secretstream_xchacha20poly1305_HEADERBYTES;
constexpr std::size_t more = crypto_secretstream_xchacha20poly1305_ABYTES;
constexpr std::size_t salt_at = magic.size() + 4 + 8 + 8;
constexpr std::size_t stream_header_at = salt_at + salt_size;
constexpr std::size_t header_size = stream_header_at + stream_header_size;
static_assert(header_size == 76);

// What a header may ask of the machine, so that a forged one cannot exhaust it: twice what ours do.
constexpr std::uint64_t most_operations = 2 * KeyCost().operations;
constexpr std::uint64_t most_memory = 2 * KeyCost().memory;

const unsigned char* bytes(const char* text) {
    return reinterpret_cast<const unsigned char*>(text);
}
unsigned char* bytes(char* text) {
    return reinterpret_cast<unsigned char*>(text);
}

Result<Secret> key_of(const Secret& passphrase, std::string_view salt, const KeyCost& cost) {
    Secret key(crypto_secretstream_xchacha20poly1305_KEYBYTES);
    const char* text = passphrase.empty() ? "" : passphrase.reveal().data();  // never null
    if (::crypto_pwhash_argon2id(bytes(key.writable()), key.size(), text, passphrase.size(), bytes(salt.data()),
                                 cost.operations, cost.memory, crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
        return base::fail(ErrorKind::unavailable, "out_of_memory",
                          "There is no memory to make a key of the passphrase: it takes " +
                              std::to_string(cost.memory / 1024 / 1024) + " MiB.",
                          "Try again when less is going on, or on a machine with more.");
    }
    return key;
}

Result<void> start_sodium() {
    if (::sodium_init() >= 0) return {};
    return base::fail(ErrorKind::crypto, "sodium_failed", "libsodium can't be initialized.");
}

Result<void> put(int descriptor, const std::string& name, std::string_view text) {
    if (const int error = base::write_all(descriptor, text)) return base::not_written(error, name);
    return {};
}

}  // namespace

// ---------------------------------------------------------------- writing

SealedWriter::SealedWriter(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)), plain_(chunk_size), sealed_(chunk_size + more, '\0') {}

Result<SealedWriter> SealedWriter::begin(int descriptor, std::string name, const Secret& passphrase,
                                         const KeyCost& cost) {
    if (auto started = start_sodium(); !started) return base::fail(started.error());
    std::string header =
        std::string(magic) + big_endian(version, 4) + big_endian(cost.operations, 8) + big_endian(cost.memory, 8);
    header.resize(header_size);
    ::randombytes_buf(header.data() + salt_at, salt_size);
    const auto key = key_of(passphrase, std::string_view(header).substr(salt_at, salt_size), cost);
    if (!key) return base::fail(key.error());

    SealedWriter writer(descriptor, std::move(name));
    ::crypto_secretstream_xchacha20poly1305_init_push(&writer.state_, bytes(header.data() + stream_header_at),
                                                      bytes(key->reveal().data()));
    std::string first(more, '\0');
    ::crypto_secretstream_xchacha20poly1305_push(&writer.state_, bytes(first.data()), nullptr, nullptr, 0,
                                                 bytes(std::as_const(header).data()), header.size(),
                                                 crypto_secretstream_xchacha20poly1305_TAG_MESSAGE);
    if (auto written = put(descriptor, writer.name_, header + first); !written) return base::fail(written.error());
    return writer;
}

Result<void> SealedWriter::push(unsigned char tag) {
    ::crypto_secretstream_xchacha20poly1305_push(&state_, bytes(sealed_.data()), nullptr, bytes(plain_.reveal().data()),
                                                 filled_, nullptr, 0, tag);
    const std::size_t size = filled_ + more;
    filled_ = 0;
    return put(descriptor_, name_, std::string_view(sealed_).substr(0, size));
}

// A full chunk waits until more comes: it may be the last.
Result<void> SealedWriter::write(std::string_view text) {
    while (!text.empty()) {
        if (filled_ == chunk_size) {
            if (auto pushed = push(crypto_secretstream_xchacha20poly1305_TAG_MESSAGE); !pushed) return pushed;
        }
        const std::size_t count = std::min(text.size(), chunk_size - filled_);
        std::memcpy(plain_.writable() + filled_, text.data(), count);
        filled_ += count;
        text.remove_prefix(count);
    }
    return {};
}

Result<void> SealedWriter::finish() {
    return push(crypto_secretstream_xchacha20poly1305_TAG_FINAL);
}

// ---------------------------------------------------------------- reading

SealedReader::SealedReader(int descriptor, std::string name, Await before_reading)
    : descriptor_(descriptor),
      name_(std::move(name)),
      before_reading_(std::move(before_reading)),
      sealed_(chunk_size + more, '\0'),
      plain_(chunk_size) {}

tl::unexpected<base::Error> SealedReader::damaged(std::string_view how) const {
    return base::fail(
        ErrorKind::input, "backup_damaged",
        name_ + " is no whole backup: " + std::string(how) + " (at byte " + std::to_string(position_) + ").",
        "Take another copy of it, or an older backup.");
}

Result<std::size_t> SealedReader::read_file(char* to, std::size_t count) const {
    std::size_t size = 0;
    while (size < count) {
        if (before_reading_) {
            if (auto ready = before_reading_(descriptor_); !ready) return base::fail(ready.error());
        }
        const ssize_t got = ::read(descriptor_, to + size, count - size);
        if (got == 0) break;
        if (got > 0) size += static_cast<std::size_t>(got);
        if (got < 0 && errno != EINTR) {
            return base::fail(ErrorKind::io, "file_io", name_ + " can't be read: " + base::words_of(errno) + ".",
                              "Copy it from where it lies, or take an older backup.");
        }
    }
    return size;
}

Result<SealedReader> SealedReader::open(int descriptor, std::string name, const Secret& passphrase,
                                        Await before_reading) {
    if (auto started = start_sodium(); !started) return base::fail(started.error());
    SealedReader reader(descriptor, std::move(name), std::move(before_reading));
    std::string header(header_size + more, '\0');
    const auto size = reader.read_file(header.data(), header.size());
    if (!size) return base::fail(size.error());
    if (!std::string_view(header).substr(0, *size).starts_with(magic)) {
        return base::fail(ErrorKind::input, "not_a_backup", reader.name_ + " is no backup of Gatehouse.",
                          "Name a file that gatehousectl backup create made.");
    }
    if (*size < header.size()) return reader.damaged("it is cut off");
    const std::string_view known = std::string_view(header).substr(0, header_size);
    if (number_in(known.substr(magic.size(), 4)) != version) {
        return base::fail(
            ErrorKind::unavailable, "backup_newer",
            reader.name_ + " was made by another version of Gatehouse, in a form that this one does not know.",
            "Restore it with the version that made it.");
    }
    const KeyCost cost{number_in(known.substr(magic.size() + 4, 8)), number_in(known.substr(magic.size() + 12, 8))};
    if (cost.operations < crypto_pwhash_argon2id_OPSLIMIT_MIN || cost.operations > most_operations ||
        cost.memory < crypto_pwhash_argon2id_MEMLIMIT_MIN || cost.memory > most_memory) {
        return reader.damaged("its header asks for what no backup needs");
    }
    const auto key = key_of(passphrase, known.substr(salt_at, salt_size), cost);
    if (!key) return base::fail(key.error());
    unsigned char tag = 0;
    if (::crypto_secretstream_xchacha20poly1305_init_pull(&reader.state_, bytes(known.data() + stream_header_at),
                                                          bytes(key->reveal().data())) != 0 ||
        ::crypto_secretstream_xchacha20poly1305_pull(&reader.state_, nullptr, nullptr, &tag,
                                                     bytes(std::as_const(header).data() + header_size), more,
                                                     bytes(known.data()), known.size()) != 0) {
        return base::fail(ErrorKind::denied, "wrong_passphrase",
                          "The passphrase is not that of " + reader.name_ + ", or the file's first bytes are damaged.",
                          "Nothing was changed. Try again.");
    }
    reader.position_ = header.size();
    return reader;
}

Result<void> SealedReader::pull() {
    const auto got = read_file(sealed_.data(), sealed_.size());
    if (!got) return base::fail(got.error());
    if (*got < more) return damaged("it is cut off");
    unsigned char tag = 0;
    if (::crypto_secretstream_xchacha20poly1305_pull(&state_, bytes(plain_.writable()), nullptr, &tag,
                                                     bytes(std::as_const(sealed_).data()), *got, nullptr, 0) != 0) {
        return damaged(*got < sealed_.size() ? "it is cut off or was changed" : "it was changed");
    }
    size_ = *got - more;
    taken_ = 0;
    position_ += *got;
    ended_ = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    if (!ended_) return {};
    char beyond = 0;
    const auto rest = read_file(&beyond, 1);
    if (!rest) return base::fail(rest.error());
    if (*rest != 0) return damaged("something stands behind its end");
    return {};
}

Result<std::size_t> SealedReader::read(char* to, std::size_t count) {
    std::size_t size = 0;
    while (size < count) {
        if (taken_ == size_) {
            if (ended_) break;
            if (auto pulled = pull(); !pulled) return base::fail(pulled.error());
            continue;
        }
        const std::size_t part = std::min(count - size, size_ - taken_);
        std::memcpy(to + size, plain_.reveal().data() + taken_, part);
        taken_ += part;
        size += part;
    }
    return size;
}

}  // namespace gatehouse::gatehousectl::backup
