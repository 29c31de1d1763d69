// What is in the sealed stream: files, one after the other, each with its name, mode and size in front. Owned by who
// creates or restores; main's thread; blocking.
//
// An entry: length of its name (2 bytes), the name, mode (4 bytes), size (8 bytes), all big-endian; then its bytes. The
// names, in this order (backup/names):
//   manifest            JSON: what made it and when
//   configuration       the configuration file as it is
//   database            gatehouse.db
//   pairs/DOOR/...      certificate and key that the configuration names, wherever they lie
//   state/PATH          the other files of the state folder
//   samples/SHA256      contents of samples
//   end                 JSON: how many there were
#pragma once

#include "base/secret.hpp"
#include "gatehousectl/backup/sealed_stream.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace gatehouse::gatehousectl::backup {

struct Entry {
    std::string name;
    mode_t mode = 0600;  ///< permission bits, without those of set-user-id and the like
    std::uint64_t size = 0;
};

class ArchiveWriter {
public:
    explicit ArchiveWriter(SealedWriter& stream) : stream_(stream) {}

    /// What follows by `write`, `entry.size` bytes in all, is this one's. Throws where that is another size: all that
    /// comes behind it could not be found again.
    [[nodiscard]] base::Result<void> begin(const Entry& entry);
    [[nodiscard]] base::Result<void> write(std::string_view bytes);
    /// A whole one.
    [[nodiscard]] base::Result<void> add(const std::string& name, mode_t mode, std::string_view bytes);
    /// Entries begun.
    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    SealedWriter& stream_;
    std::uint64_t left_ = 0;
    std::uint64_t count_ = 0;
};

class ArchiveReader {
public:
    ArchiveReader(SealedReader& stream, std::string name) : stream_(stream), name_(std::move(name)) {}

    /// The next one; what was not read of the one before is passed over. nullopt: the stream has ended. Errors: those
    /// of SealedReader, input/backup_damaged.
    [[nodiscard]] base::Result<std::optional<Entry>> next();
    /// The entry's next bytes, at most `count`; 0 at its end.
    [[nodiscard]] base::Result<std::size_t> read(char* to, std::size_t count);
    /// All that is left of it. Errors: input/backup_damaged where it is more than `limit`.
    [[nodiscard]] base::Result<base::Secret> read_all(std::size_t limit);
    /// Entries that `next` gave.
    [[nodiscard]] std::uint64_t count() const { return count_; }

private:
    [[nodiscard]] tl::unexpected<base::Error> damaged() const;
    [[nodiscard]] base::Result<std::string> fixed(std::size_t size);

    SealedReader& stream_;
    std::string name_;
    std::uint64_t left_ = 0;
    std::uint64_t count_ = 0;
};

}  // namespace gatehouse::gatehousectl::backup
