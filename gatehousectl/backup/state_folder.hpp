// The state folder that a backup is restored into: made where it is missing, held alone, and looked at whether it may
// be replaced; with the rights of its owner (backup/as_owner). Owned by who restores; main's thread; blocking.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "gatehousectl/backup/staging.hpp"

#include <filesystem>

namespace gatehouse::gatehousectl::backup {

/// Refuses a folder with something in it that its owner may not remove: denied/not_allowed. With the rights of that
/// one.
[[nodiscard]] base::Result<void> may_remove(const std::filesystem::path& folder, const Owner& owner);

class StateFolder {
public:
    /// Takes STATE's lock, having finished a restore that was interrupted there. A folder that is missing is made, for
    /// the user gatehouse where root makes it and there is one. Errors: conflict/state_locked, conflict/state_not_empty
    /// (unless `force`), conflict/state_foreign (it is root's, holds something, and no Gatehouse was ever there),
    /// denied/not_allowed (neither root nor whom it belongs to; what was given up could not be removed afterwards), io.
    [[nodiscard]] static base::Result<StateFolder> take(const std::filesystem::path& state_directory, bool force);
    StateFolder(StateFolder&& other) noexcept;
    StateFolder& operator=(StateFolder&&) = delete;
    StateFolder(const StateFolder&) = delete;
    StateFolder& operator=(const StateFolder&) = delete;
    /// A folder that was made goes, unless it is kept.
    ~StateFolder();

    /// Whom what is restored belongs to: STATE's owner.
    [[nodiscard]] const Owner& owner() const { return owner_; }
    /// Why a restore that was interrupted could not be finished, which with `force` is given up; else empty.
    [[nodiscard]] const std::string& given_up() const { return given_up_; }
    /// For who restores nothing after all: what was given up is there again, for the next try; whether there is any
    /// (config::take_back).
    [[nodiscard]] base::Result<bool> take_back() const;
    void keep() { made_.clear(); }

private:
    StateFolder() = default;
    [[nodiscard]] base::Result<void> finish_or_give_up();

    std::filesystem::path path_;
    Owner owner_;
    base::Descriptor lock_;
    std::string given_up_;
    std::filesystem::path made_;  // empty: it was there
};

}  // namespace gatehouse::gatehousectl::backup
