// The outermost shape of a backup: a stream of bytes that cannot be read or changed without its passphrase, of any
// length, in bounded memory. Owned by who creates or restores; main's thread; blocking.
//
// The file: a header of 76 bytes: "gatehouse-backup", version (1) as 4 bytes, Argon2id's operations and memory as 8
// bytes each, all big-endian; its salt (16), the stream's header (24). Then the chunks of libsodium's secretstream
// (XChaCha20-Poly1305), each 17 bytes longer than what is in it: first an empty one, which the whole header is
// authenticated with, so that a wrong passphrase shows at once; then as many of 64 KiB as there are; the last, which
// may be shorter, says that it is the last. So what is changed, exchanged, cut off or appended anywhere is noticed.
#pragma once

#include "base/result.hpp"
#include "base/secret.hpp"

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gatehousectl::backup {

inline constexpr std::size_t chunk_size = 65536;

/// What it costs to try a passphrase.
struct KeyCost {
    std::uint64_t operations = crypto_pwhash_argon2id_OPSLIMIT_MODERATE;
    std::uint64_t memory = crypto_pwhash_argon2id_MEMLIMIT_MODERATE;  ///< bytes
};

class SealedWriter {
public:
    /// Writes the header. `descriptor` stays the caller's; `name` is what errors call it. Errors: as `write`,
    /// unavailable/out_of_memory.
    [[nodiscard]] static base::Result<SealedWriter> begin(int descriptor, std::string name,
                                                          const base::Secret& passphrase, const KeyCost& cost = {});
    SealedWriter(SealedWriter&&) = default;
    SealedWriter& operator=(SealedWriter&&) = delete;
    SealedWriter(const SealedWriter&) = delete;
    SealedWriter& operator=(const SealedWriter&) = delete;
    ~SealedWriter() { ::sodium_memzero(&state_, sizeof state_); }

    /// Errors: io/disk_full, io/file_io.
    [[nodiscard]] base::Result<void> write(std::string_view bytes);
    /// Writes the last chunk; not yet durable.
    [[nodiscard]] base::Result<void> finish();

private:
    SealedWriter(int descriptor, std::string name);
    [[nodiscard]] base::Result<void> push(unsigned char tag);

    int descriptor_;
    std::string name_;
    crypto_secretstream_xchacha20poly1305_state state_{};
    base::Secret plain_;      // one chunk
    std::size_t filled_ = 0;  // of it
    std::string sealed_;      // one chunk
};

/// Waits until the descriptor can be read, or says why that is given up.
using Await = std::function<base::Result<void>(int descriptor)>;

class SealedReader {
public:
    /// Reads the header. `before_reading` is called each time before the file is read. Errors: its own,
    /// input/not_a_backup, unavailable/backup_newer, denied/wrong_passphrase, input/backup_damaged,
    /// unavailable/out_of_memory, io/file_io.
    [[nodiscard]] static base::Result<SealedReader> open(int descriptor, std::string name,
                                                         const base::Secret& passphrase, Await before_reading = {});
    SealedReader(SealedReader&&) = default;
    SealedReader& operator=(SealedReader&&) = delete;
    SealedReader(const SealedReader&) = delete;
    SealedReader& operator=(const SealedReader&) = delete;
    ~SealedReader() { ::sodium_memzero(&state_, sizeof state_); }

    /// Fills `to` from its beginning with what comes next, all of it authentic; how many bytes that were. Fewer than
    /// asked for only where the stream has ended, and then nothing stands behind it. Errors: input/backup_damaged,
    /// io/file_io, those of `before_reading`.
    [[nodiscard]] base::Result<std::size_t> read(char* to, std::size_t count);

private:
    SealedReader(int descriptor, std::string name, Await before_reading);
    [[nodiscard]] base::Result<void> pull();
    /// Fewer bytes than asked for only at the end of the file.
    [[nodiscard]] base::Result<std::size_t> read_file(char* to, std::size_t count) const;
    [[nodiscard]] tl::unexpected<base::Error> damaged(std::string_view how) const;

    int descriptor_;
    std::string name_;
    Await before_reading_;  // may be empty
    crypto_secretstream_xchacha20poly1305_state state_{};
    std::string sealed_;     // one chunk
    base::Secret plain_;     // one chunk
    std::size_t size_ = 0;   // of what was opened
    std::size_t taken_ = 0;  // of that
    bool ended_ = false;
    std::uint64_t position_ = 0;  // in the file
};

}  // namespace gatehouse::gatehousectl::backup
