// A store in a folder of the test's own, and what puts contents there, removes, settles and compares them. One thread.
#pragma once

#include "server/samples/sample_store.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::tests {

using samples::ContentHolds;
using samples::HeldContent;
using samples::SampleStore;
using samples::StoreLimits;
namespace fs = std::filesystem;

inline constexpr StoreLimits no_limits{0, 0, 64};

struct StoreBox {
    Folder folder{tests::quick_place()};
    fs::path samples = folder / "samples";
    base::SystemFiles files;

    [[nodiscard]] std::unique_ptr<SampleStore> open(const StoreLimits& limits = no_limits) {
        return open_with(files, limits);
    }
    [[nodiscard]] std::unique_ptr<SampleStore> open_with(base::FileSystem& system, const StoreLimits& limits) const {
        auto store = SampleStore::open(system, samples, limits);
        INFO((store ? std::string() : store.error().text()));
        REQUIRE(store);
        return std::move(*store);
    }
    /// Regular files below the store's folder, by their paths in it; without marks.
    [[nodiscard]] std::set<std::string> listing() const {
        std::set<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator(samples)) {
            const fs::path path = fs::relative(entry.path(), samples);
            if (entry.is_regular_file() && *path.begin() != "unsettled") names.insert(path.string());
        }
        return names;
    }
    /// Checksums that bear a mark.
    [[nodiscard]] std::set<std::string> marks() const {
        std::set<std::string> names;
        for (const auto& entry : fs::directory_iterator(samples / "unsettled"))
            names.insert(entry.path().filename().string());
        return names;
    }
    /// A file that was put there by hand, or that an older database does not know.
    static void strew(const fs::path& path, std::string_view bytes) {
        fs::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << bytes;
    }
};

inline HeldContent put(SampleStore& store, std::string_view bytes) {
    auto incoming = store.begin();
    INFO((incoming ? std::string() : incoming.error().text()));
    REQUIRE(incoming);
    REQUIRE(incoming->append(bytes.substr(0, bytes.size() / 2)));
    REQUIRE(incoming->append(bytes.substr(bytes.size() / 2)));
    auto held = incoming->finish();
    INFO((held ? std::string() : held.error().text()));
    REQUIRE(held);
    return std::move(*held);
}

inline std::string read_all(const SampleStore& store, const std::string& sha256) {
    const auto file = store.read(sha256);
    if (!file) return file.error().code;
    std::string bytes(1000, '\0');
    const ssize_t got = (*file)->read(0, {bytes.data(), bytes.size()});
    REQUIRE(got >= 0);
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

/// Removes a content as retention does: true where its file is gone.
inline bool remove(SampleStore& store, const std::string& sha256) {
    std::vector<ContentHolds::Intent> planned;
    planned.push_back(store.plan_removal(sha256));
    REQUIRE(store.mark(planned));
    const auto gone = store.settle(planned.front(), false);
    REQUIRE(gone);
    return *gone;
}

/// Settles all that bears a mark: rows refer to `known`. How many files went.
inline std::size_t settle(SampleStore& store, const std::set<std::string>& known) {
    const auto planned = store.unsettled();
    REQUIRE(planned);
    std::size_t removed = 0;
    for (const ContentHolds::Intent& intent : *planned) {
        const auto gone = store.settle(intent, known.contains(intent.sha256()));
        REQUIRE(gone);
        removed += *gone ? 1 : 0;
    }
    return removed;
}

/// The comparison of the whole store with rows that refer to `known`.
struct Compared {
    std::vector<std::string> unknown;
    std::uint64_t unknown_bytes = 0;
    std::vector<std::string> missing;
    std::vector<fs::path> foreign;
};

inline Compared compare(SampleStore& store, const std::set<std::string>& known) {
    constexpr std::string_view digits = "0123456789abcdef";
    Compared all;
    for (const char first : digits) {
        for (const char second : digits) {
            const std::string prefix{first, second};
            const auto shelf = store.look(prefix);
            REQUIRE(shelf);
            std::vector<std::string> there;
            for (const std::string& one : known) {
                if (one.starts_with(prefix)) there.push_back(one);
            }
            const auto difference = store.compare(*shelf, there);
            for (const auto& [sha256, bytes] : difference.unknown) {
                all.unknown.push_back(sha256);
                all.unknown_bytes += bytes;
            }
            all.missing.insert(all.missing.end(), difference.missing.begin(), difference.missing.end());
            all.foreign.insert(all.foreign.end(), shelf->foreign.begin(), shelf->foreign.end());
        }
    }
    return all;
}

inline const std::string unknown_sha(64, '0');

}  // namespace gatehouse::tests
