#include "gatehousectl/backup/state_folder.hpp"

#include "base/advice.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "config/restored_state.hpp"
#include "config/state_lock.hpp"
#include "gatehousectl/backup/names.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <pwd.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr const char* service_user = "gatehouse";

// The service's user, where this is root and there is one; else who runs this.
Owner owner_of_new() {
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::geteuid() == 0 && ::getpwnam_r(service_user, &entry, buffer.data(), buffer.size(), &found) == 0 &&
        found != nullptr) {
        return {entry.pw_uid, entry.pw_gid};
    }
    return {::geteuid(), ::getegid()};
}

// Whether there was none.
Result<bool> made(const fs::path& state) {
    std::error_code error;
    fs::create_directories(state.parent_path(), error);
    constexpr mode_t own = 0700;
    if (::mkdir(state.c_str(), own) != 0) {
        if (errno == EEXIST) return false;
        return base::fail(ErrorKind::io, "state_not_made",
                          "The state directory " + state.string() + " can't be made: " + base::words_of(errno) + ".",
                          "Run it as root.");
    }
    const Owner owner = owner_of_new();
    if (::lchown(state.c_str(), owner.user, owner.group) == 0) return true;
    return base::fail(
        ErrorKind::io, "state_not_made",
        "The state directory " + state.string() + " can't be given to its user: " + base::words_of(errno) + ".",
        "Make it where files have owners, and give it to the user gatehouse.");
}

// What of a backup's lies in it already.
std::vector<std::string> occupants(const fs::path& state) {
    base::SystemFiles files;
    std::vector<std::string> found;
    const auto look = [&](std::string_view name) {
        if (!files.link_facts(state / name)) return;
        const auto inside = files.list(state / name);
        if (!inside || !inside->empty()) found.emplace_back(name);
    };
    for (const std::string_view name : kept_names)
        look(name);
    look(database_name);
    look(samples_name);
    return found;
}

Result<void> finished_and_empty(const fs::path& state) {
    base::SystemFiles files;
    if (const auto finished = config::finish_restore(files, state); !finished) return base::fail(finished.error());
    const std::vector<std::string> found = occupants(state);
    if (found.empty()) return {};
    return base::fail(ErrorKind::conflict, "state_not_empty",
                      state.string() + " holds a box already: " + base::joined(found, ", ") + ".",
                      "To replace it, which can't be undone: --force");
}

// Root's rights are never dropped in a folder of root's own, and any may be named: /etc/cron.d would be one.
Result<void> may_be_ours(const fs::path& state, const Owner& owner) {
    base::SystemFiles files;
    if (::geteuid() != 0 || owner.user != 0 || files.link_facts(state / "lock")) return {};
    const auto names = files.list(state);
    if (!names) return base::fail(names.error());
    const auto is_of_file_system = [](const std::string& name) { return name == "lost+found"; };
    if (std::ranges::all_of(*names, is_of_file_system)) return {};
    return base::fail(ErrorKind::conflict, "state_foreign",
                      state.string() + " belongs to root, holds something, and was never a state directory.",
                      "Name a folder that is missing or empty, or one of the service's user.");
}

// The lock of the state folder.
Result<base::Descriptor> held(const fs::path& state) {
    auto lock = config::lock_state(state);
    if (lock || lock.error().kind != ErrorKind::conflict) return lock;
    return base::fail(ErrorKind::conflict, "state_locked", lock.error().message,
                      "Stop it first, with its sockets, which would start it again; those that there are: systemctl "
                      "stop gatehouse gatehouse-clean.socket gatehouse-admin.socket");
}

}  // namespace

Result<void> may_remove(const fs::path& folder, const Owner& owner) {
    const auto rights = AsOwner::begin(owner);
    if (!rights) return base::fail(rights.error());
    const auto judged = [&owner](const fs::path& inner) -> Result<void> {
        if (::faccessat(AT_FDCWD, inner.c_str(), R_OK | W_OK | X_OK, AT_EACCESS) == 0) return {};
        return base::fail(ErrorKind::denied, "not_allowed",
                          inner.string() + " is to go, and " + base::user_name(owner.user) +
                              ", whom the state folder belongs to, may not remove what is in it.",
                          "Run as root: gatehousectl adopt. Where that changes nothing, move the folder away.");
    };
    std::error_code error;  // what is not there, or no folder, can always go
    if (fs::symlink_status(folder, error).type() != fs::file_type::directory) return {};
    auto removable = judged(folder);
    for (fs::recursive_directory_iterator entry(folder, error), end; removable && !error && entry != end;
         entry.increment(error)) {
        if (!entry->is_symlink(error) && entry->is_directory(error)) removable = judged(entry->path());
    }
    return removable;
}

StateFolder::StateFolder(StateFolder&& other) noexcept
    : path_(std::move(other.path_)),
      owner_(std::move(other.owner_)),
      lock_(std::move(other.lock_)),
      given_up_(std::move(other.given_up_)),
      made_(std::exchange(other.made_, fs::path())) {}

StateFolder::~StateFolder() {
    if (made_.empty()) return;
    if (const auto rights = AsOwner::begin(owner_)) ::unlink((made_ / "lock").c_str());
    ::rmdir(made_.c_str());
}

Result<bool> StateFolder::take_back() const {
    const auto rights = AsOwner::begin(owner_);
    if (!rights) return base::fail(rights.error());
    base::SystemFiles files;
    return config::take_back(files, path_);
}

Result<StateFolder> StateFolder::take(const fs::path& state_directory, bool force) {
    const auto is_new = made(state_directory);
    if (!is_new) return base::fail(is_new.error());
    StateFolder folder;
    folder.path_ = state_directory;
    if (*is_new) folder.made_ = state_directory;
    auto owner = owner_of(state_directory);
    if (!owner) return base::fail(owner.error());
    folder.owner_ = std::move(*owner);
    if (::geteuid() != 0 && ::geteuid() != folder.owner_.user) {
        return base::fail(ErrorKind::denied, "not_allowed",
                          "Only root and the user " + base::user_name(folder.owner_.user) + " may restore into " +
                              state_directory.string() + ".",
                          "Run it as root.");
    }
    if (auto ours = may_be_ours(state_directory, folder.owner_); !ours) return base::fail(ours.error());
    const auto rights = AsOwner::begin(folder.owner_);
    if (!rights) return base::fail(rights.error());
    auto lock = held(state_directory);
    if (!lock) return base::fail(lock.error());
    folder.lock_ = std::move(*lock);
    auto ready = force ? folder.finish_or_give_up() : finished_and_empty(state_directory);
    if (!ready) return base::fail(ready.error());
    return folder;
}

Result<void> StateFolder::finish_or_give_up() {
    base::SystemFiles files;
    const auto finished = config::finish_restore(files, path_);
    if (finished) return {};
    if (auto removable = may_remove(config::restore_folder(path_), owner_); !removable) return removable;
    given_up_ = finished.error().message;
    return config::give_up(files, path_);
}

}  // namespace gatehouse::gatehousectl::backup
