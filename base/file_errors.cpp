#include "base/file_errors.hpp"

#include "base/advice.hpp"
#include "base/way.hpp"

#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace gatehouse::base {

namespace {

namespace fs = std::filesystem;

// A folder that this process may not search, met only behind a link.
std::optional<fs::path> closed_behind_links(const fs::path& path) {
    const Way way = way_to(path);
    if (way.error != EACCES || way.missing.empty()) return std::nullopt;
    return way.missing.parent_path();
}

// The first folder on the way to `path` that this process may not search, if any.
std::optional<fs::path> closed_folder(const fs::path& path) {
    fs::path walked;
    const fs::path parent = path.parent_path();
    for (const fs::path& part : parent) {
        walked /= part;
        if (::faccessat(AT_FDCWD, walked.c_str(), X_OK, AT_EACCESS) != 0 && errno == EACCES) return walked;
    }
    return std::nullopt;
}

std::string mending_command(const fs::path& path, const struct stat& status, std::string_view rights) {
    const uid_t self = ::geteuid();
    if (status.st_uid == self) return advice_to_change_mode(path, self, self, "u+" + std::string(rights));
    // A folder on the way is somebody's own, certbot's say: passing it takes less than having it.
    if (rights == "x") return advice_to_change_mode(path, status.st_uid, self, "a+x");
    return advice_to_give(path, self);
}

std::string whose(const struct stat& status) {
    return "owner " + user_name(status.st_uid) + ", mode " + mode_text(status.st_mode) + "; this process runs as " +
           user_name(::geteuid());
}

tl::unexpected<Error> denied(int error, std::string_view action, const fs::path& path, Need need) {
    std::string message = path.string() + " can't be " + std::string(action) + ": " + words_of(error);
    if (error == EROFS) {
        return fail(ErrorKind::io, "file_denied", message + ".", advice_to_open_for_writing());
    }
    fs::path blamed = path;
    std::string_view rights = need == Need::read ? "r" : "w";
    if (const auto folder = closed_folder(path)) {
        blamed = *folder;
        rights = "x";
    } else if (need == Need::change_folder) {
        blamed = path.has_parent_path() ? path.parent_path() : fs::path(".");
        rights = "wx";
    }
    struct stat status {};
    if (::stat(blamed.c_str(), &status) != 0) {
        // Whoever laid the link may be no friend of the folder's owner: no command, only what is the matter.
        if (const auto folder = closed_behind_links(path); folder && ::stat(folder->c_str(), &status) == 0) {
            return fail(ErrorKind::io, "file_denied",
                        message + " (a link leads to " + folder->string() + ": " + whose(status) + ").",
                        "Put the file where the user " + user_name(::geteuid()) + " may read it, or let it search " +
                            folder->string() + ".");
        }
        return fail(ErrorKind::io, "file_denied", message + ".",
                    "Let the user " + user_name(::geteuid()) + " reach it.");
    }
    message += " (" + (blamed == path ? std::string() : blamed.string() + ": ") + whose(status) + ").";
    return fail(ErrorKind::io, "file_denied", message, mending_command(blamed, status, rights));
}

}  // namespace

tl::unexpected<Error> failure(int error, std::string_view action, const std::filesystem::path& path, Need need) {
    const std::string message = path.string() + " can't be " + std::string(action) + ": " + words_of(error) + ".";
    switch (error) {
        case ENOENT:
        case ENOTDIR:
            return fail(ErrorKind::not_found, "file_missing", message);
        case EACCES:
        case EPERM:
        case EROFS:
            return denied(error, action, path, need);
        case EEXIST:
            return fail(ErrorKind::conflict, "file_exists", message);
        case ENOSPC:
        case EDQUOT:
            return fail(ErrorKind::io, "disk_full", message, "Make room on that file system.");
        default:
            return fail(ErrorKind::io, "file_io", message);
    }
}

tl::unexpected<Error> not_written(int error, const std::filesystem::path& path) {
    struct stat status {};
    const bool is_there = ::lstat(path.c_str(), &status) == 0;
    auto told = failure(error, "written", path, is_there ? Need::write : Need::change_folder);
    std::string& advice = told.value().advice;
    if (!advice.empty()) return told;
    if (error == ENOENT || error == ENOTDIR) {
        advice = "Make its folder first.";
    } else if (error == EEXIST || error == ELOOP) {
        advice = "Move away what is there.";
    } else {
        advice = error == EFBIG ? "Choose a file system that takes files as large." : "Look at the disk's health.";
    }
    return told;
}

}  // namespace gatehouse::base
