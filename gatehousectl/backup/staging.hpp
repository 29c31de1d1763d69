// STATE/restore: what a backup holds while it is unpacked and checked, before any of it counts (config/restored_state).
// Files come with the modes that they had and belong to whom STATE belongs to. What comes from the archive is only ever
// made anew in folders that were made anew here, and nothing on the way is a link. All in STATE is done with its
// owner's rights (backup/as_owner). Owned by who restores; main's thread; blocking.
#pragma once

#include "base/descriptor.hpp"
#include "base/result.hpp"
#include "config/restored_state.hpp"
#include "gatehousectl/backup/as_owner.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace gatehouse::gatehousectl::backup {

class Staging {
public:
    /// Makes the folder, empty; what a restore left in it that was killed before it counted goes. Errors: io.
    [[nodiscard]] static base::Result<Staging> open(const std::filesystem::path& state_directory, Owner owner);
    Staging(Staging&& other) noexcept;
    Staging& operator=(Staging&&) = delete;
    Staging(const Staging&) = delete;
    Staging& operator=(const Staging&) = delete;
    /// Removes it with all that is in it, and what waits beside files elsewhere, unless it counts.
    ~Staging();

    /// STATE as it would be.
    [[nodiscard]] std::filesystem::path contents() const;

    /// A new file below `contents`, to be filled by `append`; folders (0700) are made. Errors: conflict/file_exists,
    /// those of base::not_written.
    [[nodiscard]] base::Result<base::Descriptor> make(const std::filesystem::path& place, mode_t mode);
    /// `bytes` become the next of that file. Errors: those of base::not_written.
    [[nodiscard]] base::Result<void> append(const base::Descriptor& file, const std::filesystem::path& place,
                                            std::string_view bytes) const;
    /// The same with its bytes.
    [[nodiscard]] base::Result<void> put(const std::filesystem::path& place, mode_t mode, std::string_view bytes);
    /// New bytes for a pair's file that lies elsewhere, for STATE's owner. They wait beside it; whatever is there under
    /// its name is replaced.
    [[nodiscard]] base::Result<void> put_elsewhere(const std::filesystem::path& file, mode_t mode,
                                                   std::string_view bytes);
    /// The same for the configuration, which is root's business wherever it lies.
    [[nodiscard]] base::Result<void> put_configuration(const std::filesystem::path& file, mode_t mode,
                                                       const Owner& owner, std::string_view bytes);

    /// Makes everything durable, then count. `leaving`: what goes from STATE. Errors: io; what those of
    /// config::note_restore, place_elsewhere and finish_restore mean.
    [[nodiscard]] base::Result<void> commit(std::vector<std::string> leaving);

private:
    Staging(std::filesystem::path state, Owner owner, base::Descriptor contents);
    [[nodiscard]] base::Result<base::Descriptor> folder_of(const std::filesystem::path& place);
    [[nodiscard]] base::Result<AsOwner> rights_for(const std::filesystem::path& file) const;
    [[nodiscard]] base::Result<void> put_beside(const std::filesystem::path& file, mode_t mode, const Owner& owner,
                                                std::string_view bytes);
    [[nodiscard]] base::Result<void> place_elsewhere(const config::RestorePlan& plan);

    std::filesystem::path state_;
    Owner owner_;
    base::Descriptor contents_;                     // none: moved from
    bool counts_ = false;                           // whoever comes next finishes it
    std::vector<std::filesystem::path> elsewhere_;  // with the configuration
    std::filesystem::path configuration_;           // empty: it is not put
};

}  // namespace gatehouse::gatehousectl::backup
