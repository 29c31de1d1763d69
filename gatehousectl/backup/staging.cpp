#include "gatehousectl/backup/staging.hpp"

#include "base/advice.hpp"
#include "base/file_errors.hpp"
#include "base/files.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::Descriptor;
using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr mode_t own_folder = 0700;
constexpr int open_folder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

tl::unexpected<base::Error> not_put(const fs::path& path, int error) {
    auto told = base::not_written(error, path);
    // No command: who follows it may be root, and what lies there somebody else's.
    told.value().advice = told.value().code == "disk_full"
                              ? "Make room: what is there stays until all of the backup is unpacked beside it."
                              : "Look what lies there, and at the disk's health.";
    return told;
}

std::error_code remove_tree(const fs::path& folder) {
    std::error_code error;
    fs::remove_all(folder, error);
    return error;
}

}  // namespace

Staging::Staging(fs::path state, Owner owner, Descriptor contents)
    : state_(std::move(state)), owner_(std::move(owner)), contents_(std::move(contents)) {}

Staging::Staging(Staging&& other) noexcept
    : state_(std::move(other.state_)),
      owner_(std::move(other.owner_)),
      contents_(std::move(other.contents_)),
      counts_(other.counts_),
      elsewhere_(std::move(other.elsewhere_)),
      configuration_(std::move(other.configuration_)) {}

Staging::~Staging() {
    if (!contents_ || counts_) return;
    for (const fs::path& file : elsewhere_) {
        if (const auto rights = rights_for(file)) ::unlink(config::waiting_beside(file).c_str());
    }
    if (const auto rights = AsOwner::begin(owner_)) (void)remove_tree(config::restore_folder(state_));
}

fs::path Staging::contents() const {
    return config::restore_folder(state_) / "new";
}

Result<Staging> Staging::open(const fs::path& state_directory, Owner owner) {
    const auto rights = AsOwner::begin(owner);
    if (!rights) return base::fail(rights.error());
    const fs::path folder = config::restore_folder(state_directory);
    // What another restore left never counted: StateFolder has finished what does, or given it up.
    if (const auto error = remove_tree(folder)) {
        return base::fail(
            ErrorKind::io, "file_io",
            "What an interrupted restore left can't be removed: " + folder.string() + ": " + error.message() + ".",
            "Run: rm -r " + base::shell_quoted(folder));
    }
    if (::mkdir(folder.c_str(), own_folder) != 0) return not_put(folder, errno);
    // By its descriptor, so that whoever owns STATE cannot put a link in the way.
    const Descriptor opened(::open(folder.c_str(), open_folder));
    if (!opened || ::mkdirat(opened.get(), "new", own_folder) != 0) return not_put(folder, errno);
    // Now, because what makes it count may need no room any more.
    if (::mkdirat(opened.get(), "old", own_folder) != 0) return not_put(folder, errno);
    Descriptor contents(::openat(opened.get(), "new", open_folder));
    if (!contents) return not_put(folder, errno);
    return Staging(state_directory, std::move(owner), std::move(contents));
}

Result<Descriptor> Staging::folder_of(const fs::path& place) {
    Descriptor folder(::fcntl(contents_.get(), F_DUPFD_CLOEXEC, 0));
    for (const fs::path& part : place.parent_path()) {
        if (::mkdirat(folder.get(), part.c_str(), own_folder) != 0 && errno != EEXIST)
            return not_put(contents() / place, errno);
        Descriptor next(::openat(folder.get(), part.c_str(), open_folder));
        if (!next) return not_put(contents() / place, errno);
        folder = std::move(next);
    }
    return folder;
}

Result<AsOwner> Staging::rights_for(const fs::path& file) const {
    // No owner: root stays root.
    return file == configuration_ ? AsOwner::begin(Owner()) : AsOwner::begin_for(file, owner_);
}

Result<Descriptor> Staging::make(const fs::path& place, mode_t mode) {
    const auto rights = AsOwner::begin(owner_);
    if (!rights) return base::fail(rights.error());
    const auto folder = folder_of(place);
    if (!folder) return base::fail(folder.error());
    constexpr mode_t at_first = 0600;
    Descriptor file(::openat(folder->get(), place.filename().c_str(),
                             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, at_first));
    if (!file && errno == EEXIST) {
        return base::fail(ErrorKind::conflict, "file_exists",
                          (contents() / place).string() + " is in the backup twice.", "Restore an older one.");
    }
    if (!file || ::fchmod(file.get(), mode) != 0) return not_put(contents() / place, errno);
    return file;
}

Result<void> Staging::append(const Descriptor& file, const fs::path& place, std::string_view bytes) const {
    if (const int error = base::write_all(file.get(), bytes)) return not_put(contents() / place, error);
    return {};
}

Result<void> Staging::put(const fs::path& place, mode_t mode, std::string_view bytes) {
    const auto file = make(place, mode);
    return file ? append(*file, place, bytes) : base::fail(file.error());
}

Result<void> Staging::put_elsewhere(const fs::path& file, mode_t mode, std::string_view bytes) {
    return put_beside(file, mode, owner_, bytes);
}

Result<void> Staging::put_configuration(const fs::path& file, mode_t mode, const Owner& owner, std::string_view bytes) {
    configuration_ = file;
    return put_beside(file, mode, owner, bytes);
}

Result<void> Staging::put_beside(const fs::path& file, mode_t mode, const Owner& owner, std::string_view bytes) {
    const auto rights = rights_for(file);
    if (!rights) return base::fail(rights.error());
    const fs::path waiting = config::waiting_beside(file);
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    if (error) return not_put(file, error.value());
    ::unlink(waiting.c_str());  // of a restore that was killed
    constexpr mode_t at_first = 0600;
    const Descriptor opened(::open(waiting.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, at_first));
    if (!opened) return not_put(waiting, errno);
    elsewhere_.push_back(file);
    if (const int failed = base::write_all(opened.get(), bytes)) return not_put(waiting, failed);
    if (::fchown(opened.get(), owner.user, owner.group) != 0 || ::fchmod(opened.get(), mode) != 0 ||
        ::fsync(opened.get()) != 0) {
        return not_put(waiting, errno);
    }
    base::SystemFiles files;
    return files.sync_folder(file.parent_path());
}

// By what this process knows, never by what the journal says: that lies where STATE's owner may write.
Result<void> Staging::place_elsewhere(const config::RestorePlan& plan) {
    base::SystemFiles files;
    for (const fs::path& file : plan.elsewhere) {
        const auto rights = rights_for(file);
        if (!rights) return base::fail(rights.error());
        if (auto placed = config::place_elsewhere(files, file); !placed) return placed;
    }
    return {};
}

Result<void> Staging::commit(std::vector<std::string> leaving) {
    base::SystemFiles files;
    config::RestorePlan plan{std::move(leaving), {}, elsewhere_};
    const fs::path folder = config::restore_folder(state_);
    {
        const auto rights = AsOwner::begin(owner_);
        if (!rights) return base::fail(rights.error());
        auto coming = files.list(contents());
        if (!coming) return base::fail(coming.error());
        plan.coming = std::move(*coming);
        if (::syncfs(contents_.get()) != 0) return not_put(contents(), errno);
        auto counts = config::note_restore(files, state_, plan);
        counts_ = counts || files.link_facts(folder / "journal");
        if (!counts) return counts;
    }
    if (auto placed = place_elsewhere(plan); !placed) return placed;
    const auto rights = AsOwner::begin(owner_);
    if (!rights) return base::fail(rights.error());
    // What is done need not be looked at, which may lie where the owner sees nothing.
    if (!std::exchange(plan.elsewhere, {}).empty()) {
        if (auto noted = config::note_restore(files, state_, plan); !noted) return noted;
    }
    const auto finished = config::finish_restore(files, state_);
    return finished ? Result<void>() : base::fail(finished.error());
}

}  // namespace gatehouse::gatehousectl::backup
