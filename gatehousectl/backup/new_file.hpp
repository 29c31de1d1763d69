// The file that a backup becomes: written beside it as FILE.partial, there under its own name only when it is whole and
// on the disk. Owned by who creates; main's thread; blocking.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>

namespace gatehouse::gatehousectl::backup {

class NewFile {
public:
    /// Whether `path` may be replaced.
    enum class Existing { refused, replaced };

    /// Whether `begin` might do it, as far as looking tells. Errors: as `begin`.
    [[nodiscard]] static base::Result<void> may_begin(const std::filesystem::path& path, Existing existing);
    /// Errors: conflict/file_exists, input/file_not_regular, conflict/backup_running, those of base::not_written.
    [[nodiscard]] static base::Result<NewFile> begin(const std::filesystem::path& path, Existing existing);
    NewFile(NewFile&& other) noexcept;
    NewFile& operator=(NewFile&&) = delete;
    NewFile(const NewFile&) = delete;
    NewFile& operator=(const NewFile&) = delete;
    /// Removes what was not completed.
    ~NewFile();

    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    /// Durable under its name (0600); how many bytes it has. Errors: as `begin`.
    [[nodiscard]] base::Result<std::uint64_t> complete();

private:
    NewFile(std::filesystem::path path, std::filesystem::path temporary, base::Descriptor descriptor,
            Existing existing);

    std::filesystem::path path_;
    std::filesystem::path temporary_;  // empty: there is nothing to remove
    base::Descriptor descriptor_;
    Existing existing_;
};

}  // namespace gatehouse::gatehousectl::backup
