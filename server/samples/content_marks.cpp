#include "server/samples/content_marks.hpp"

#include "server/samples/content_digest.hpp"

#include <algorithm>

namespace gatehouse::samples {

using base::Result;

Result<void> ContentMarks::open() {
    constexpr mode_t mode = 0700;
    if (auto made = files_->make_folder(folder_, mode); !made) return made;
    return files_->sync_folder(folder_.parent_path());
}

bool ContentMarks::has(const std::string& sha256) const {
    return files_->link_facts(folder_ / sha256).has_value();
}

Result<void> ContentMarks::set(const std::string& sha256) {
    constexpr mode_t mode = 0600;
    if (has(sha256)) return {};
    return files_->write_new(folder_ / sha256, {}, mode);
}

Result<void> ContentMarks::sync() {
    return files_->sync_folder(folder_);
}

Result<void> ContentMarks::remove(const std::string& sha256) {
    return files_->remove(folder_ / sha256);
}

Result<std::vector<std::string>> ContentMarks::list() const {
    auto names = files_->list(folder_);
    if (!names) return names;
    names->erase(std::remove_if(names->begin(), names->end(), [](const std::string& name) { return !is_sha256(name); }),
                 names->end());
    return names;
}

}  // namespace gatehouse::samples
