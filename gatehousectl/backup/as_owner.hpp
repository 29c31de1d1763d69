// Whose rights a backup is made and restored with. Root runs it, but whoever owns STATE could have laid links, journals
// and databases there that lead root astray: so what is done in STATE is done with its owner's rights, who gains
// nothing by it. Only effective ids change: nothing that the owner wrote is executed in this process. For the whole
// process, so main's thread while there is no other; blocking.
#pragma once

#include "base/result.hpp"

#include <filesystem>
#include <sys/types.h>
#include <vector>

namespace gatehouse::gatehousectl::backup {

/// A user as the service runs as.
struct Owner {
    uid_t user = 0;
    gid_t group = 0;                 ///< the user's own
    std::vector<gid_t> groups = {};  ///< where root asks: all that the user is in
};

/// Whom STATE belongs to. Its group is the user's own, whatever STATE's is: that of root would open root's files.
/// Errors: those of examining STATE.
[[nodiscard]] base::Result<Owner> owner_of(const std::filesystem::path& state_directory);

class AsOwner {
public:
    /// Root has the owner's rights, and none of root's, until the object goes. Changes nothing where the owner is root,
    /// for who is not root, and within another one. Errors: denied/not_allowed (root may not, in a container).
    [[nodiscard]] static base::Result<AsOwner> begin(const Owner& owner);
    /// The same for a file that may lie anywhere, where the owner could exchange a folder on the way to it; else root
    /// stays root.
    [[nodiscard]] static base::Result<AsOwner> begin_for(const std::filesystem::path& file, const Owner& owner);
    /// The same for what is read by following links: the way to where `file` leads counts too.
    [[nodiscard]] static base::Result<AsOwner> begin_to_read(const std::filesystem::path& file, const Owner& owner);
    AsOwner(AsOwner&& other) noexcept;
    AsOwner& operator=(AsOwner&&) = delete;
    AsOwner(const AsOwner&) = delete;
    AsOwner& operator=(const AsOwner&) = delete;
    ~AsOwner();

private:
    AsOwner() = default;
    // Where the owner may change one of what is passed on the way, which root has looked up.
    [[nodiscard]] static base::Result<AsOwner> begin_on(const std::vector<std::filesystem::path>& way,
                                                        const Owner& owner);

    bool changed_ = false;
    gid_t former_group_ = 0;
    std::vector<gid_t> former_groups_;
};

}  // namespace gatehouse::gatehousectl::backup
