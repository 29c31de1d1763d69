#include "gatehousectl/commands/adopt.hpp"

#include "base/advice.hpp"
#include "base/descriptor.hpp"
#include "base/printable.hpp"
#include "config/load.hpp"

#include <nlohmann/json.hpp>

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <optional>
#include <ostream>
#include <set>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gatehouse::gatehousectl::commands {

namespace {

namespace fs = std::filesystem;

struct Owner {
    uid_t user = 0;
    gid_t group = 0;
};

// What is to be the daemon's.
struct Wanted {
    fs::path path;
    bool secret = false;  // for nobody else's eyes
    friend bool operator<(const Wanted& a, const Wanted& b) { return a.path < b.path; }
};

struct Outcomes {
    std::vector<std::string> adopted;
    std::vector<std::string> left;  // sentences
};

std::set<Wanted> wanted_by(const config::Settings& settings) {
    std::set<Wanted> wanted{{settings.one_time_file, true}};
    for (const config::Interface door : config::interfaces) {
        wanted.insert({settings.interfaces[door].key, true});
        wanted.insert({settings.interfaces[door].certificate, false});
    }
    return wanted;
}

// The way from `state` to `path`, or nothing where it lies elsewhere.
std::optional<fs::path> below(const fs::path& state, const fs::path& path) {
    fs::path way = path.lexically_normal().lexically_relative(state.lexically_normal());
    if (way.empty() || *way.begin() == "..") return std::nullopt;
    return way;
}

// Follows no link on the way. The descriptor can only be asked and changed, not read.
base::Descriptor reach(int folder, const fs::path& way, std::uint64_t resolve) {
    open_how how{};
    how.flags = O_PATH | O_NOFOLLOW | O_CLOEXEC;
    how.resolve = resolve | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return base::Descriptor(static_cast<int>(::syscall(SYS_openat2, folder, way.c_str(), &how, sizeof how)));
}

class Adoption {
public:
    explicit Adoption(const Owner& owner) : owner_(owner) {}

    void take(int folder, const fs::path& way, std::uint64_t resolve, const Wanted& wanted) {
        const base::Descriptor found = reach(folder, way, resolve);
        if (!found) {
            if (errno == ELOOP) leave(wanted.path, "is reached through a link");
            if (errno != ENOENT && errno != ENOTDIR && errno != ELOOP) leave(wanted.path, failed());
            return;
        }
        struct stat facts {};
        if (::fstat(found.get(), &facts) != 0) return leave(wanted.path, failed());
        if (facts.st_uid != 0) return;  // the daemon's already, or somebody's, which the daemon will say
        if (S_ISLNK(facts.st_mode)) return leave(wanted.path, "is a link");
        if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode)) return leave(wanted.path, "is no file");
        if (S_ISREG(facts.st_mode) && facts.st_nlink != 1) return leave(wanted.path, "has a second name (a hard link)");
        give(found, facts, wanted);
    }

    [[nodiscard]] const Outcomes& outcomes() const { return outcomes_; }

private:
    void give(const base::Descriptor& found, const struct stat& facts, const Wanted& wanted) {
        constexpr mode_t of_others = 077;
        const std::string itself = "/proc/self/fd/" + std::to_string(found.get());
        if (S_ISREG(facts.st_mode) && wanted.secret && (facts.st_mode & of_others) != 0 &&
            ::chmod(itself.c_str(), facts.st_mode & 0700U) != 0)
            return leave(wanted.path, failed());
        if (::fchownat(found.get(), "", owner_.user, owner_.group, AT_EMPTY_PATH) != 0)
            return leave(wanted.path, failed());
        outcomes_.adopted.push_back(wanted.path.string());
    }
    static std::string failed() { return "could not be changed (" + base::words_of(errno) + ")"; }
    void leave(const fs::path& path, const std::string& why) {
        outcomes_.left.push_back(path.string() + " was left as it is: it " + why + ".");
    }

    Owner owner_;
    Outcomes outcomes_;
};

void take_below(Adoption& adoption, const base::Descriptor& state, const fs::path& root, const fs::path& way,
                const Wanted& wanted) {
    fs::path so_far;
    for (const fs::path& name : way) {
        so_far /= name;
        const bool last = so_far == way;
        adoption.take(state.get(), so_far, RESOLVE_BENEATH, last ? wanted : Wanted{root / so_far, false});
    }
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
    for (const Wanted& wanted : wanted_by(settings)) {
        if (const auto way = below(root, wanted.path)) {
            take_below(adoption, state, root, *way, wanted);
        } else {
            adoption.take(AT_FDCWD, wanted.path, 0, wanted);
        }
    }
    return adoption.outcomes();
}

bool is_roots_alone(const fs::path& path) {
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0) return true;  // which reading it tells
    const bool group_may = (facts.st_mode & S_IWGRP) != 0 && facts.st_gid != 0;
    return facts.st_uid == 0 && !group_may && (facts.st_mode & S_IWOTH) == 0;
}

// What it names is given away, so nobody else may have a say in it.
Outcome<void> may_be_obeyed(const fs::path& configuration) {
    std::error_code error;  // what can't be resolved can't be read either
    const fs::path file = fs::weakly_canonical(fs::absolute(configuration, error), error);
    for (const fs::path& path : {file, file.parent_path()}) {
        if (is_roots_alone(path)) continue;
        return refused("configuration_not_roots",
                       "Others than root can change " + path.string() + ", and with it which files are given away.",
                       "Look through the configuration, then run: chown root:root " + base::shell_quoted(path) +
                           " && chmod go-w " + base::shell_quoted(path));
    }
    return {};
}

}  // namespace

Outcome<Exit> adopt(const Desk& desk) {
    if (::geteuid() != 0) return refused("not_root", "Only root can give files away.", "Run it as root.");
    if (const auto obeyed = may_be_obeyed(desk.configuration); !obeyed) return tl::unexpected(obeyed.error());
    const auto settings = config::load(base::SystemFiles(), desk.configuration);
    if (!settings) return refused(settings.error().front());
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
