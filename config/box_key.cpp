#include "config/box_key.hpp"

#include "config/seal.hpp"

#include <utility>

namespace gatehouse::config {

namespace {

using base::Result;
using base::Secret;
namespace fs = std::filesystem;

constexpr std::size_t smallest_box_key = 16;
constexpr std::size_t largest_box_key = 4096;
constexpr mode_t key_mode = 0600;
constexpr mode_t vault_mode = 0700;

}  // namespace

Result<std::optional<Secret>> read_box_key(const base::FileSystem& files, const fs::path& path) {
    auto contents = files.read(path, largest_box_key, base::Links::refuse);
    if (contents && contents->bytes.size() >= smallest_box_key) return std::move(contents->bytes);
    if (contents) {
        return base::fail(base::ErrorKind::unavailable, "key_unusable",
                          path.string() + " is no key: it has fewer than 16 bytes.");
    }
    if (contents.error().kind == base::ErrorKind::not_found) return std::nullopt;
    return base::fail(contents.error());
}

Result<Secret> make_box_key(base::FileSystem& files, const fs::path& path) {
    Secret fresh = random_seal_key();
    const fs::path folder = path.parent_path();
    if (auto made = files.make_folder(folder, vault_mode); !made) return base::fail(made.error());
    if (auto synced = files.sync_folder(folder.parent_path()); !synced) return base::fail(synced.error());
    auto written = base::write_atomically(files, path, fresh.reveal(), key_mode);
    if (!written) return base::fail(written.error());
    return fresh;
}

}  // namespace gatehouse::config
