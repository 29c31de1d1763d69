#include "gatehousectl/backup/place.hpp"

#include "base/advice.hpp"
#include "base/files.hpp"
#include "base/text.hpp"
#include "config/restored_state.hpp"
#include "config/state_lock.hpp"
#include "gatehousectl/backup/names.hpp"

#include <array>
#include <cerrno>
#include <pwd.h>
#include <string>
#include <sys/stat.h>
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
        "The state directory " + state.string() + " can't be given to its user: " + base::words_of(errno) + ".");
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

}  // namespace

Place::Place(Place&& other) noexcept
    : owner_(std::move(other.owner_)),
      lock_(std::move(other.lock_)),
      given_up_(std::move(other.given_up_)),
      made_(std::exchange(other.made_, fs::path())) {}

Place::~Place() {
    if (made_.empty()) return;
    if (const auto rights = AsOwner::begin(owner_)) ::unlink((made_ / "lock").c_str());
    ::rmdir(made_.c_str());
}

Result<Place> Place::take(const fs::path& state_directory, bool force) {
    const auto is_new = made(state_directory);
    if (!is_new) return base::fail(is_new.error());
    Place place;
    if (*is_new) place.made_ = state_directory;
    auto owner = owner_of(state_directory);
    if (!owner) return base::fail(owner.error());
    place.owner_ = std::move(*owner);
    if (::geteuid() != 0 && ::geteuid() != place.owner_.user) {
        return base::fail(ErrorKind::denied, "not_allowed",
                          "Only root and the user " + base::user_name(place.owner_.user) + " may restore into " +
                              state_directory.string() + ".",
                          "Run it as root.");
    }
    const auto rights = AsOwner::begin(place.owner_);
    if (!rights) return base::fail(rights.error());
    auto lock = config::lock_state(state_directory);
    if (!lock && lock.error().kind == ErrorKind::conflict) {
        return base::fail(
            ErrorKind::conflict, "state_locked", lock.error().message,
            "Stop it first, with its sockets, which would start it again; those that there are: systemctl "
            "stop gatehouse gatehouse-clean.socket gatehouse-admin.socket");
    }
    if (!lock) return base::fail(lock.error());
    place.lock_ = std::move(*lock);
    base::SystemFiles files;
    const auto finished = config::finish_restore(files, state_directory);
    if (!finished && !force) return base::fail(finished.error());
    if (!finished) place.given_up_ = finished.error().message;
    const std::vector<std::string> found = occupants(state_directory);
    if (force || found.empty()) return place;
    return base::fail(ErrorKind::conflict, "state_not_empty",
                      state_directory.string() + " holds a box already: " + base::joined(found, ", ") + ".",
                      "To replace it, which can't be undone: --force");
}

}  // namespace gatehouse::gatehousectl::backup
