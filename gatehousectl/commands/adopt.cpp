#include "gatehousectl/commands/adopt.hpp"

#include "base/advice.hpp"
#include "base/descriptor.hpp"
#include "base/printable.hpp"
#include "base/text.hpp"
#include "base/way.hpp"
#include "config/load.hpp"
#include "config/one_time_file.hpp"
#include "gatehousectl/backup/as_owner.hpp"
#include "gatehousectl/backup/names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gatehouse::gatehousectl::commands {

namespace {

namespace fs = std::filesystem;

// What is to be the daemon's. STATE's owner can give what root keeps there any name, so that a name alone says nothing.
struct Wanted {
    enum class Kind { folder, one_time_file, key, certificate };
    fs::path path;
    Kind kind = Kind::folder;
    std::set<std::string> names{};  // all that a folder may hold
    friend bool operator<(const Wanted& a, const Wanted& b) { return a.path < b.path; }
};

struct Outcomes {
    std::vector<std::string> adopted;
    std::vector<std::string> left;  // sentences
};

std::set<Wanted> wanted_by(const config::Settings& settings) {
    std::set<Wanted> wanted{{settings.one_time_file, Wanted::Kind::one_time_file}};
    for (const config::Interface door : config::interfaces) {
        wanted.insert({settings.interfaces[door].key, Wanted::Kind::key});
        wanted.insert({settings.interfaces[door].certificate, Wanted::Kind::certificate});
    }
    return wanted;
}

// Follows no link on the way. The descriptor can only be asked and changed, not read.
base::Descriptor reach(int folder, const fs::path& way, std::uint64_t resolve) {
    open_how how{};
    how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = resolve | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return base::Descriptor(static_cast<int>(::syscall(SYS_openat2, folder, way.c_str(), &how, sizeof how)));
}

// Why a file of root's is not what its name says; nothing: it may be.
std::optional<std::string> file_fault(const fs::path& itself, Wanted::Kind kind) {
    if (kind == Wanted::Kind::folder) return "is no folder";
    const bool is_one_time = kind == Wanted::Kind::one_time_file;
    constexpr std::size_t largest_pem = 1U << 20U;  // the daemon takes no larger one
    const std::size_t most = is_one_time ? config::largest_one_time_file : largest_pem;
    const auto contents = base::SystemFiles().read(itself, most);
    if (!contents && contents.error().code == "file_too_large") return "is larger than such a file may be";
    if (!contents) return "can't be read";
    const std::string_view text = contents->bytes.reveal();
    if (!is_one_time) {
        const bool is_pem = text.find("-----BEGIN ") != std::string_view::npos;
        return is_pem ? std::nullopt : std::optional<std::string>("holds no PEM block");
    }
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    const bool may_be_object = first == std::string_view::npos || text[first] == '{';
    return may_be_object ? std::nullopt : std::optional<std::string>("holds no JSON object");
}

std::optional<std::string> folder_fault(const fs::path& itself, const Wanted& wanted) {
    if (wanted.kind != Wanted::Kind::folder) return "is no file";
    const auto names = base::SystemFiles().list(itself);
    if (!names) return "can't be read";
    const auto strange = std::find_if(names->begin(), names->end(),
                                      [&](const std::string& name) { return !wanted.names.contains(name); });
    if (strange == names->end()) return std::nullopt;
    return "holds " + *strange + ", which is not the daemon's";
}

class Adoption {
public:
    explicit Adoption(backup::Owner owner) : owner_(std::move(owner)) {}

    /// `path`: as it is told.
    void take(int folder, std::uint64_t resolve, const Wanted& wanted, const fs::path& path) {
        const base::Descriptor found = reach(folder, wanted.path, resolve);
        if (!found) {
            if (errno == ELOOP) leave(path, "is reached through a link");
            if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) leave(path, failed());
            return;
        }
        struct stat facts {};
        if (::fstat(found.get(), &facts) != 0) return leave(path, failed());
        if (facts.st_uid != 0) return;  // the daemon's already, or somebody's, which the daemon will say
        if (S_ISLNK(facts.st_mode)) return leave(path, "is a link");
        if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) return leave(path, "is no file");
        if (S_ISREG(facts.st_mode) && facts.st_nlink != 1) return leave(path, "has a second name (a hard link)");
        const std::string itself = "/proc/self/fd/" + std::to_string(found.get());
        const auto fault = S_ISDIR(facts.st_mode) ? folder_fault(itself, wanted) : file_fault(itself, wanted.kind);
        if (fault) return leave(path, *fault);
        give(found, itself, facts, wanted, path);
    }

    [[nodiscard]] const Outcomes& outcomes() const { return outcomes_; }

private:
    void give(const base::Descriptor& found, const std::string& itself, const struct stat& facts, const Wanted& wanted,
              const fs::path& path) {
        constexpr mode_t of_others = 077;
        const bool is_secret = wanted.kind == Wanted::Kind::one_time_file || wanted.kind == Wanted::Kind::key;
        if (is_secret && (facts.st_mode & of_others) != 0 && ::chmod(itself.c_str(), facts.st_mode & 0700U) != 0)
            return leave(path, failed());
        if (::fchownat(found.get(), "", owner_.user, owner_.group, AT_EMPTY_PATH) != 0) return leave(path, failed());
        outcomes_.adopted.push_back(path.string());
    }
    static std::string failed() { return "could not be changed (" + base::words_of(errno) + ")"; }
    void leave(const fs::path& path, const std::string& why) {
        outcomes_.left.push_back(path.string() + " was left as it is: it " + why + ".");
    }

    backup::Owner owner_;
    Outcomes outcomes_;
};

// What is wanted below `state`, the folders that lead there before it; ways from `state`.
std::set<Wanted> wanted_below(const fs::path& state, const std::set<Wanted>& wanted) {
    std::map<fs::path, Wanted> found;
    for (const Wanted& one : wanted) {
        const auto way = backup::below(state, one.path);
        if (!way) continue;
        found.insert_or_assign(*way, Wanted{*way, one.kind});
        for (fs::path at = *way; at.has_parent_path(); at = at.parent_path()) {
            Wanted& folder = found.try_emplace(at.parent_path(), Wanted{at.parent_path()}).first->second;
            folder.names.insert(at.filename().string());
        }
    }
    std::set<Wanted> ordered;
    for (auto& [way, one] : found)
        ordered.insert(std::move(one));
    return ordered;
}

Outcome<Outcomes> adopt_all(const config::Settings& settings) {
    const fs::path& root = settings.state_directory;
    const base::Descriptor state(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    struct stat facts {};
    if (!state || ::fstat(state.get(), &facts) != 0) {
        return refused("state_missing", root.string() + ": " + base::words_of(errno) + ".",
                       "Make it and give it to the daemon's user.");
    }
    Adoption adoption({facts.st_uid, facts.st_gid});
    if (facts.st_uid == 0) return adoption.outcomes();  // the daemon runs as root, and reads what root wrote
    const std::set<Wanted> all = wanted_by(settings);
    for (const Wanted& wanted : wanted_below(root, all))
        adoption.take(state.get(), RESOLVE_BENEATH, wanted, root / wanted.path);
    for (const Wanted& wanted : all) {
        if (!backup::below(root, wanted.path)) adoption.take(AT_FDCWD, 0, wanted, wanted.path);
    }
    return adoption.outcomes();
}

bool is_roots_alone(const fs::path& file) {
    struct stat facts {};
    if (::stat(file.c_str(), &facts) != 0) return true;  // which reading it tells
    const bool group_may = (facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0;
    return facts.st_uid == 0 && !group_may && (facts.st_mode & S_IWOTH) == 0;
}

// What it names is given away, so nobody else may have a say in it.
Outcome<void> may_be_obeyed(const fs::path& configuration) {
    const base::Way way = base::way_to(configuration);
    auto others = base::led_by_others(way);
    if (!others && way.error == 0 && !is_roots_alone(way.stations.back())) others = way.stations.back();
    if (!others) return {};
    return refused("configuration_not_roots",
                   "Others than root can change " + others->string() + ", and with it which files are given away.",
                   "Look through the configuration, then run: chown -h root:root " + base::shell_quoted(*others) +
                       " && chmod go-w " + base::shell_quoted(*others));
}

}  // namespace

Outcome<Exit> adopt(const Desk& desk) {
    if (::geteuid() != 0) return refused("not_root", "Only root can give files away.", "Run it as root.");
    if (const auto obeyed = may_be_obeyed(desk.configuration); !obeyed) return tl::unexpected(obeyed.error());
    const auto settings = config::load(base::SystemFiles(), desk.configuration);
    if (!settings) return refused("configuration_invalid", base::joined(settings.error()));
    const auto done = adopt_all(*settings);
    if (!done) return tl::unexpected(done.error());
    if (desk.json) {
        desk.out << nlohmann::json{{"adopted", done->adopted}, {"left", done->left}}.dump() << '\n';
    } else {
        for (const std::string& path : done->adopted)
            desk.out << base::printable(path) << " belongs to the daemon's user now.\n";
        for (const std::string& sentence : done->left)
            desk.err << "gatehousectl: " << base::printable(sentence) << '\n';
    }
    return done->left.empty() ? Exit::fine : Exit::refused;
}

}  // namespace gatehouse::gatehousectl::commands
