#include "gatehousectl/backup/as_owner.hpp"

#include "base/advice.hpp"
#include "base/files.hpp"
#include "base/way.hpp"

#include <climits>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <string>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr gid_t no_group = 65534;

std::vector<gid_t> groups_of(const char* name, gid_t own) {
    constexpr int at_first = 64;
    std::vector<gid_t> groups(at_first);
    int count = at_first;
    while (::getgrouplist(name, own, groups.data(), &count) < 0)
        groups.resize(static_cast<std::size_t>(count));
    groups.resize(static_cast<std::size_t>(count));
    return groups;
}

// Whether who runs this could lead a way elsewhere there.
bool may_change(const fs::path& station) {
    struct stat facts {};
    if (::lstat(station.c_str(), &facts) != 0) return false;
    if (facts.st_uid == ::geteuid()) return true;
    return !S_ISLNK(facts.st_mode) && ::faccessat(AT_FDCWD, station.c_str(), W_OK, AT_EACCESS) == 0;
}

// Each folder and link that is passed, but not the file at the end: whose that is leads nowhere.
std::vector<fs::path> way_through_links_to(const fs::path& file) {
    auto way = base::way_to(file).stations;
    struct stat facts {};
    if (!way.empty() && ::lstat(way.back().c_str(), &facts) == 0 && S_ISREG(facts.st_mode)) way.pop_back();
    return way;
}

}  // namespace

Result<Owner> owner_of(const fs::path& state_directory) {
    const auto facts = base::SystemFiles().facts(state_directory);
    if (!facts) return base::fail(facts.error());
    if (::geteuid() != 0 || facts->owner == 0) return Owner{facts->owner, facts->group};
    std::array<char, 4096> buffer{};
    passwd entry{};
    passwd* found = nullptr;
    if (::getpwuid_r(facts->owner, &entry, buffer.data(), buffer.size(), &found) == 0 && found != nullptr) {
        return Owner{facts->owner, entry.pw_gid, groups_of(entry.pw_name, entry.pw_gid)};
    }
    const gid_t group = facts->group != 0 ? facts->group : no_group;
    return Owner{facts->owner, group, {group}};
}

AsOwner::AsOwner(AsOwner&& other) noexcept
    : changed_(std::exchange(other.changed_, false)),
      former_group_(other.former_group_),
      former_groups_(std::move(other.former_groups_)) {}

Result<AsOwner> AsOwner::begin(const Owner& owner) {
    AsOwner rights;
    if (::geteuid() != 0 || owner.user == 0) return rights;
    std::array<gid_t, NGROUPS_MAX> groups{};
    const int count = ::getgroups(groups.size(), groups.data());
    if (count > 0) rights.former_groups_.assign(groups.begin(), groups.begin() + count);
    rights.former_group_ = ::getegid();
    rights.changed_ = true;
    // The user last: with it goes the right to change groups.
    if (::setgroups(owner.groups.size(), owner.groups.data()) == 0 && ::setegid(owner.group) == 0 &&
        ::seteuid(owner.user) == 0) {
        return rights;
    }
    return base::fail(ErrorKind::denied, "not_allowed",
                      "The state folder belongs to " + base::user_name(owner.user) +
                          ", whose rights can't be taken: " + base::words_of(errno) + ".",
                      "Run it as that user, or as root with the capabilities CAP_SETUID and CAP_SETGID.");
}

Result<AsOwner> AsOwner::begin_on(const std::vector<fs::path>& way, const Owner& owner) {
    auto rights = begin(owner);
    const bool is_theirs = std::any_of(way.begin(), way.end(), may_change);
    if (rights && rights->changed_ && !is_theirs) return AsOwner();
    return rights;
}

Result<AsOwner> AsOwner::begin_for(const fs::path& file, const Owner& owner) {
    const auto way = base::way_to(file.parent_path()).stations;  // as root: the owner may not see all of it
    return begin_on(way, owner);
}

Result<AsOwner> AsOwner::begin_to_read(const fs::path& file, const Owner& owner) {
    return begin_on(way_through_links_to(file), owner);
}

AsOwner::~AsOwner() {
    if (!changed_) return;
    // Root is the saved user: it does not fail. Were it to, nothing may go on with rights that nobody knows.
    if (::seteuid(0) != 0 || ::setegid(former_group_) != 0) std::abort();
    if (::setgroups(former_groups_.size(), former_groups_.data()) != 0 && errno != EPERM) std::abort();
}

}  // namespace gatehouse::gatehousectl::backup
