// Which contents are coming in or going out: an empty file for each in STATE/samples/unsettled/, named by its SHA-256.
// A mark is on the disk before anything becomes of the content, and goes when a row refers to it or its file is gone;
// so what bears one when the daemon starts is what it was at when it went down, and nothing else is. Owned by the
// store. Blocking: never call it on an I/O thread; with the content's lock (ContentHolds), but `sync` and `list`.
#pragma once

#include "base/files.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace gatehouse::samples {

class ContentMarks {
public:
    /// `files` must outlive this.
    ContentMarks(base::FileSystem& files, std::filesystem::path folder) : files_(&files), folder_(std::move(folder)) {}

    /// Makes the folder (0700), where it is missing. Errors of all: io, and what base::FileSystem says.
    [[nodiscard]] base::Result<void> open();

    [[nodiscard]] bool has(const std::string& sha256) const;
    /// Durable after `sync`. One that is there is no error, and may not be durable yet.
    [[nodiscard]] base::Result<void> set(const std::string& sha256);
    [[nodiscard]] base::Result<void> sync();
    /// Not durably: one that a power cut brings back is settled once more.
    [[nodiscard]] base::Result<void> remove(const std::string& sha256);
    /// The contents that bear one.
    [[nodiscard]] base::Result<std::vector<std::string>> list() const;

private:
    base::FileSystem* files_;
    std::filesystem::path folder_;
};

}  // namespace gatehouse::samples
