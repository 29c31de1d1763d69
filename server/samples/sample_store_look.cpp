// What lies in the store, and how it differs from what the database says.
#include "server/samples/sample_store.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::samples {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;

constexpr std::string_view lower_digits = "0123456789abcdef";

bool is_name_of_folder(std::string_view text) {
    return text.size() == 2 && text.find_first_not_of(lower_digits) == std::string_view::npos;
}

}  // namespace

// Empty where there is no such folder.
Result<std::vector<std::string>> SampleStore::names_in(const fs::path& folder) const {
    auto names = files_.list(folder);
    if (!names && names.error().kind == ErrorKind::not_found) return std::vector<std::string>();
    return names;
}

Result<SampleStore::Shelf> SampleStore::look(const std::string& prefix) {
    Shelf shelf;
    std::vector<std::string> there;
    {
        const auto lock = holds_->lock(prefix);
        auto folders = names_in(folder_ / prefix);
        if (!folders) return base::fail(std::move(folders.error()));
        there = std::move(*folders);
        // Of a folder that is made from now on all is counted as it comes.
        const std::lock_guard counted(mutex_);
        for (const char third : lower_digits) {
            for (const char fourth : lower_digits) {
                const std::string second{third, fourth};
                if (!std::binary_search(there.begin(), there.end(), second))
                    used_.found(StoreCount::folder_of(prefix + second), 0);
            }
        }
    }
    for (const std::string& second : there) {
        if (!is_name_of_folder(second)) {
            shelf.foreign.push_back(folder_ / prefix / second);
        } else if (auto looked = look_into(prefix + second, shelf); !looked) {
            return base::fail(std::move(looked.error()));
        }
    }
    return shelf;
}

// The folder of the contents that begin with these four digits.
Result<void> SampleStore::look_into(const std::string& digits, Shelf& shelf) {
    const auto lock = holds_->lock(digits);
    const fs::path folder = place(digits).parent_path();
    const auto names = names_in(folder);
    if (!names) return base::fail(names.error());
    std::uint64_t bytes = 0;
    for (const std::string& name : *names) {
        if (!is_sha256(name) || !name.starts_with(digits)) {
            shelf.foreign.push_back(folder / name);
            continue;
        }
        const auto facts = files_.link_facts(folder / name);
        if (!facts) continue;
        shelf.contents.push_back({holds_->intend(name, ContentHolds::Aim::look), facts->identity.size});
        bytes += facts->identity.size;
    }
    const std::lock_guard counted(mutex_);
    used_.found(StoreCount::folder_of(digits), bytes);
    return {};
}

SampleStore::Difference SampleStore::compare(const Shelf& shelf, std::vector<std::string> known) const {
    Difference difference;
    std::sort(known.begin(), known.end());
    for (const Seen& seen : shelf.contents) {
        const std::string& sha256 = seen.content.sha256();
        if (std::binary_search(known.begin(), known.end(), sha256)) continue;
        const auto lock = holds_->lock(sha256);
        if (holds_->untouched(seen.content, lock) && !marks_.has(sha256) && files_.link_facts(place(sha256)))
            difference.unknown.push_back({sha256, seen.bytes});
    }
    for (const std::string& sha256 : known) {
        if (!is_sha256(sha256) || !files_.link_facts(place(sha256))) difference.missing.push_back(sha256);
    }
    return difference;
}

}  // namespace gatehouse::samples
