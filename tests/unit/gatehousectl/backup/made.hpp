// Backups as no `backup create` makes them: cheap to open, with whatever entries a test wants.
#pragma once

#include "base/descriptor.hpp"
#include "gatehousectl/backup/archive.hpp"
#include "gatehousectl/backup/manifest.hpp"
#include "gatehousectl/backup/sealed_stream.hpp"

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::tests {

namespace backup = gatehousectl::backup;

/// What takes no time.
inline constexpr backup::KeyCost cheap{1, 8192};

inline base::Descriptor made_at(const std::filesystem::path& path) {
    return base::Descriptor(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
}
inline base::Descriptor opened_at(const std::filesystem::path& path) {
    return base::Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
}
inline std::string bytes_at(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

/// Bytes that repeat late.
inline std::string text_of_size(std::size_t size) {
    std::string text(size, '\0');
    unsigned state = 12345;
    for (char& c : text) {
        state = state * 1103515245U + 12345U;
        c = static_cast<char>(state >> 24U);
    }
    return text;
}

using Entries = std::vector<std::pair<std::string, std::string>>;

/// A backup of these entries and nothing else; "correct horse" opens it.
inline void make_backup(const std::filesystem::path& path, const Entries& entries, mode_t mode = 0640) {
    const base::Descriptor file = made_at(path);
    auto stream =
        backup::SealedWriter::begin(file.get(), path.string(), base::Secret(std::string_view("correct horse")), cheap);
    if (!stream) throw std::runtime_error(stream.error().text());
    backup::ArchiveWriter archive(*stream);
    for (const auto& [name, bytes] : entries) {
        if (!archive.add(name, mode, bytes)) throw std::runtime_error("not written");
    }
    if (!stream->finish()) throw std::runtime_error("not finished");
}

}  // namespace gatehouse::tests
