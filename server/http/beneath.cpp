#include "server/http/beneath.hpp"

#include "server/http/percent.hpp"

#include <cerrno>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gatehouse::http {

namespace {

constexpr int file_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

// Appends the decoded segment; false where it holds what no segment may.
bool decode_segment(std::string_view segment, std::string& out) {
    constexpr std::string_view never("/\0", 2);
    const auto begin = out.size();
    return append_unescaped(segment, Plus::itself, out) && out.find_first_of(never, begin) == std::string::npos;
}

base::FileIdentity identity_from(const struct stat& facts) {
    const auto nanoseconds = [](const timespec& time) { return time.tv_sec * nanoseconds_per_second + time.tv_nsec; };
    return {facts.st_dev, facts.st_ino, static_cast<std::uint64_t>(facts.st_size), nanoseconds(facts.st_mtim),
            nanoseconds(facts.st_ctim)};
}

tl::unexpected<base::Error> nothing_there() {
    return base::fail(base::ErrorKind::not_found, "not_found", "There is nothing at this address.");
}

// These texts reach the client: none of them says where on the machine the folder is.
tl::unexpected<base::Error> failure(int error) {
    switch (error) {
        case EACCES:
        case EPERM:
            return base::fail(base::ErrorKind::denied, "forbidden", "The server may not read this file.");
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case EAGAIN:
            return base::fail(base::ErrorKind::unavailable, "too_many_files", "The server can't open a file now.");
        case EIO:
            return base::fail(base::ErrorKind::io, "file_io", "Reading the file failed.");
        default:
            return nothing_there();
    }
}

// Descriptor, or -1 with errno.
int open_by_kernel(int folder, const char* path) {
    open_how how{};
    how.flags = file_flags;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    // EAGAIN: something on the way was renamed meanwhile, so that the kernel can't vouch for having stayed inside.
    for (int attempt = 0; attempt < 16; ++attempt) {
        const auto descriptor = static_cast<int>(::syscall(SYS_openat2, folder, path, &how, sizeof how));
        if (descriptor >= 0 || (errno != EAGAIN && errno != EINTR)) return descriptor;
    }
    return -1;
}

// Descriptor, or -1 with errno.
int open_by_components(int folder, const std::string& path) {
    std::unique_ptr<const OpenFile> held;
    int place = folder;
    std::size_t begin = 0;
    while (true) {
        const auto slash = path.find('/', begin);
        const auto name = path.substr(begin, slash - begin);
        const int flags = slash == std::string::npos ? file_flags : O_PATH | O_DIRECTORY | O_CLOEXEC;
        const int descriptor = ::openat(place, name.c_str(), flags | O_NOFOLLOW);
        if (descriptor < 0 || slash == std::string::npos) return descriptor;
        held = std::make_unique<const OpenFile>(descriptor);
        place = descriptor;
        begin = slash + 1;
    }
}

}  // namespace

std::optional<std::string> relative_path(std::string_view request_path) {
    if (!request_path.starts_with('/')) return std::nullopt;
    std::string out;
    out.reserve(request_path.size() + sizeof "index.html");
    while (!request_path.empty()) {
        request_path.remove_prefix(1);  // the slash
        const auto segment = request_path.substr(0, request_path.find('/'));
        request_path.remove_prefix(segment.size());
        if (!out.empty()) out.push_back('/');
        const auto begin = out.size();
        if (segment.empty() && request_path.empty()) {
            out.append("index.html");
        } else if (!decode_segment(segment, out)) {
            return std::nullopt;
        }
        const auto name = std::string_view(out).substr(begin);
        const bool well_known = begin == 0 && name == ".well-known" && !request_path.empty();
        if (name.empty() || (name.front() == '.' && !well_known)) return std::nullopt;
    }
    return out;
}

OpenBy best_way_to_open(int folder) {
    open_how how{};
    how.flags = O_PATH | O_DIRECTORY | O_CLOEXEC;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
    const auto descriptor = static_cast<int>(::syscall(SYS_openat2, folder, ".", &how, sizeof how));
    if (descriptor < 0) return OpenBy::components;
    ::close(descriptor);
    return OpenBy::kernel;
}

base::Result<OpenedFile> open_beneath(int folder, const std::string& path, OpenBy by) {
    const int descriptor =
        by == OpenBy::kernel ? open_by_kernel(folder, path.c_str()) : open_by_components(folder, path);
    if (descriptor < 0) return failure(errno);
    auto file = std::make_shared<const OpenFile>(descriptor);
    struct stat facts {};
    if (::fstat(descriptor, &facts) != 0) return failure(errno);
    if (!S_ISREG(facts.st_mode)) return nothing_there();
    return OpenedFile{std::move(file), identity_from(facts)};
}

base::Result<base::FileIdentity> identity_of(const OpenFile& file) {
    struct stat facts {};
    if (::fstat(file.descriptor(), &facts) != 0) return failure(EIO);
    return identity_from(facts);
}

}  // namespace gatehouse::http
