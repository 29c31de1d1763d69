// A sample as it is handed out: alone in a zip archive whose password is "infected", so that nothing on its way runs or
// deletes it, and any tool opens it. Blocking: on the threads for slow work. No state.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace gatehouse::integrations {

inline constexpr std::string_view archive_password = "infected";

struct ArchiveWish {
    std::filesystem::path sample;
    std::uint64_t size = 0;
    /// What the entry is called: a SHA-256 in hex, which no system takes for a program. Never a name that somebody
    /// sent. Its time is that of the sample's file.
    std::string name;
    std::filesystem::path folder;  ///< on whose file system the archive is made
};

/// An archive that has no name: it is gone with its last descriptor, and after a crash.
struct SampleArchive {
    base::Descriptor file;  ///< for reading, from offset 0
    std::uint64_t size = 0;
};

/// Makes one in memory that does not grow with the sample. Errors: io/sample_unreadable, io/disk_full, io/file_io,
/// internal/archive_failed.
[[nodiscard]] base::Result<SampleArchive> make_sample_archive(const ArchiveWish& wish);

}  // namespace gatehouse::integrations
