// STATE/backup: where the copy of the database lies while a backup is made, since it may lie open nowhere else. One at
// a time; owned by who creates, removed with it; main's thread; blocking.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "gatehousectl/backup/as_owner.hpp"

#include <filesystem>

namespace gatehouse::gatehousectl::backup {

class WorkFolder {
public:
    /// Makes it (0700), empty; what a backup that was killed left in it goes. With the rights of STATE's owner.
    /// Errors: conflict/backup_running, io.
    [[nodiscard]] static base::Result<WorkFolder> open(const std::filesystem::path& state_directory, Owner owner);
    WorkFolder(WorkFolder&& other) noexcept;
    WorkFolder& operator=(WorkFolder&&) = delete;
    WorkFolder(const WorkFolder&) = delete;
    WorkFolder& operator=(const WorkFolder&) = delete;
    ~WorkFolder();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

private:
    WorkFolder(std::filesystem::path path, Owner owner, base::Descriptor lock);

    std::filesystem::path path_;  // empty: moved from
    Owner owner_;
    base::Descriptor lock_;  // on the folder itself
};

}  // namespace gatehouse::gatehousectl::backup
