#include "server/http/folder.hpp"

#include "base/advice.hpp"
#include "base/files.hpp"
#include "server/http/beneath.hpp"
#include "server/http/conditions.hpp"
#include "server/http/content_type.hpp"
#include "server/http/date.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <functional>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <unordered_map>
#include <utility>

namespace gatehouse::http {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr std::size_t most_files = 64;
constexpr std::uint64_t kept_bytes = 65536;
constexpr auto trusted_for = std::chrono::seconds(1);
constexpr auto kept_for = std::chrono::minutes(1);

// One file as it was when it was last looked at.
struct CachedFile {
    base::FileIdentity identity;
    bool settled = false;  // old enough for the identity to tell any later change
    Validators validators;
    SharedBody fields;                     // ready to be sent
    SharedBody bytes;                      // of a small file
    std::shared_ptr<const OpenFile> file;  // of a large one
    std::uint64_t size = 0;
    SteadyTime checked;
    SteadyTime used;
};

struct PathHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view path) const { return std::hash<std::string_view>{}(path); }
};

std::int64_t wall_clock_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * nanoseconds_per_second + now.tv_nsec;
}

std::string make_etag(const base::FileIdentity& identity, bool weak) {
    std::string out = weak ? "W/\"" : "\"";
    const auto append = [&](std::uint64_t value, char after) {
        std::array<char, 16> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
        out.append(digits.data(), end).push_back(after);
    };
    append(static_cast<std::uint64_t>(identity.modified_ns), '-');
    append(identity.size, '-');
    append(identity.inode, '"');
    return out;
}

std::string make_fields(const Validators& validators, std::string_view path) {
    std::string out = "Content-Type: ";
    out.append(content_type(path));
    out.append("\r\nETag: ").append(validators.etag);
    out.append("\r\nLast-Modified: ").append(format_date(validators.modified.value_or(0)));
    // Whatever lies in that folder, a page in it is not to act with the rights of the door's own pages.
    out.append("\r\nAccept-Ranges: bytes\r\nX-Content-Type-Options: nosniff\r\nContent-Security-Policy: sandbox\r\n");
    return out;
}

// The first `limit` bytes, fewer where the file ends before. Errors: io/file_io.
base::Result<std::string> read_bytes(const OpenFile& file, std::size_t limit) {
    std::string bytes(limit, '\0');
    std::size_t filled = 0;
    while (filled < limit) {
        const auto count = file.read(filled, {bytes.data() + filled, limit - filled});
        if (count < 0) return base::fail(base::ErrorKind::io, "file_io", "Reading the file failed.");
        if (count == 0) break;
        filled += static_cast<std::size_t>(count);
    }
    bytes.resize(filled);
    return bytes;
}

// Reads a file that may be written to meanwhile. Until two looks at it agree, or it gets too large, or for the third
// time. True: `cached.bytes` are those of `cached.identity`.
base::Result<bool> read_small(const OpenFile& file, CachedFile& cached) {
    for (int attempt = 0; attempt < 3 && cached.identity.size <= kept_bytes; ++attempt) {
        auto bytes = read_bytes(file, static_cast<std::size_t>(cached.identity.size));
        if (!bytes) return base::fail(std::move(bytes.error()));
        const auto after = identity_of(file);
        if (!after) return base::fail(after.error());
        const bool agreed = *after == cached.identity && bytes->size() == after->size;
        cached.bytes = std::make_shared<const std::string>(std::move(*bytes));
        cached.identity = *after;
        if (agreed) return true;
    }
    return false;
}

base::Result<CachedFile> load(const OpenedFile& opened, std::string_view path) {
    CachedFile cached;
    cached.identity = opened.identity;
    const auto agreed = read_small(*opened.file, cached);
    if (!agreed) return base::fail(agreed.error());
    const bool large = cached.identity.size > kept_bytes;
    if (large) cached.bytes = nullptr;
    if (large || cached.bytes == nullptr) cached.file = opened.file;
    cached.size = cached.bytes == nullptr ? cached.identity.size : cached.bytes->size();

    const auto now = wall_clock_ns();
    const auto& identity = cached.identity;
    const bool sure = *agreed || large;
    cached.settled = sure && now - std::max(identity.modified_ns, identity.changed_ns) >= nanoseconds_per_second;
    const bool weak = !sure || now - identity.modified_ns < nanoseconds_per_second;
    cached.validators.etag = make_etag(identity, weak);
    // RFC 9110 section 8.8.2.1: never later than now.
    cached.validators.modified = std::min(identity.modified_ns, now) / nanoseconds_per_second;
    cached.fields = std::make_shared<const std::string>(make_fields(cached.validators, path));
    return cached;
}

// A descriptor for the folder itself, good for no more than opening what is in it; -1 with errno.
int open_root(const std::filesystem::path& path) {
    return ::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
}

Response answer_part(const CachedFile& cached, const Selection& selection) {
    Response response;
    response.status = 206;
    response.fields.emplace_back("Content-Range", "bytes " + std::to_string(selection.offset) + "-" +
                                                      std::to_string(selection.offset + selection.size - 1) + "/" +
                                                      std::to_string(cached.size));
    response.prepared = cached.fields;
    if (cached.bytes != nullptr) {
        response.body = cached.bytes->substr(selection.offset, selection.size);
    } else {
        response.body = FileBody{cached.file, selection.offset, selection.size};
    }
    return response;
}

Response answer_whole(const CachedFile& cached, Method method) {
    Response response;
    response.prepared = cached.fields;
    if (method == Method::head) {
        response.declared_size = cached.size;
    } else if (cached.bytes != nullptr) {
        response.body = cached.bytes;
    } else {
        response.body = FileBody{cached.file, 0, cached.size};
    }
    return response;
}

Response answer(const CachedFile& cached, const Request& request) {
    const auto selection = select(request, cached.validators, cached.size);
    switch (selection.what) {
        case Selected::whole:
            break;
        case Selected::part:
            return answer_part(cached, selection);
        case Selected::not_modified: {
            // With all fields of the 200: a client that updates what it stored must not lose the sandbox.
            Response response;
            response.status = 304;
            response.prepared = cached.fields;
            return response;
        }
        case Selected::precondition_failed:
            return problem(412, "precondition_failed", "The file is not in the state that the request asks for.");
        case Selected::unsatisfiable: {
            auto response = problem(416, "range_not_satisfiable", "The file does not reach that far.");
            response.fields.emplace_back("Content-Range", "bytes */" + std::to_string(cached.size));
            return response;
        }
    }
    return answer_whole(cached, request.method);
}

}  // namespace

struct Folder::Cache {
    std::filesystem::path path;
    std::unique_ptr<const OpenFile> root;
    OpenBy by = OpenBy::kernel;
    SteadyTime tended;
    // By the path as requested: a hit decodes nothing. Spellings of one file are files of their own here.
    std::unordered_map<std::string, CachedFile, PathHash, std::equal_to<>> files;

    // At most once a second: the folder may have been replaced by another of that name (while there is none, the old
    // one goes on), and descriptors that nobody asked for lately are let go.
    void tend(SteadyTime now) {
        if (now - tended < trusted_for) return;
        tended = now;
        if (const int descriptor = open_root(path); descriptor >= 0) root = std::make_unique<OpenFile>(descriptor);
        std::erase_if(files, [&](const auto& entry) { return now - entry.second.used >= kept_for; });
    }

    void make_room() {
        if (files.size() < most_files) return;
        files.erase(std::min_element(files.begin(), files.end(), [](const auto& left, const auto& right) {
            return left.second.used < right.second.used;
        }));
    }

    // The file at that path as it is now, give or take `trusted_for`.
    base::Result<const CachedFile*> find(std::string_view requested, SteadyTime now) {
        auto entry = files.find(requested);
        if (entry != files.end() && now - entry->second.checked < trusted_for) {
            entry->second.used = now;
            return &entry->second;
        }
        tend(now);
        entry = files.find(requested);
        auto fresh = look(requested, entry == files.end() ? nullptr : &entry->second);
        if (!fresh) {
            if (entry != files.end()) files.erase(entry);
            return base::fail(std::move(fresh.error()));
        }
        if (entry == files.end()) {
            make_room();
            entry = files.emplace(requested, std::move(*fresh)).first;
        } else {
            entry->second = std::move(*fresh);
        }
        entry->second.checked = entry->second.used = now;
        return &entry->second;
    }

    // Opens the file; `known` is taken over where it is still the same.
    base::Result<CachedFile> look(std::string_view requested, const CachedFile* known) const {
        const auto relative = relative_path(requested);
        if (!relative) return base::fail(base::ErrorKind::not_found, "not_found", "There is nothing at this address.");
        auto opened = open_beneath(root->descriptor(), *relative, by);
        if (!opened) return base::fail(std::move(opened.error()));
        if (known != nullptr && known->settled && known->identity == opened->identity) return *known;
        return load(*opened, *relative);
    }
};

Folder::Folder(std::unique_ptr<Cache> cache) : cache_(std::move(cache)) {}
Folder::~Folder() = default;

base::Result<std::unique_ptr<Folder>> Folder::open(const std::filesystem::path& path) {
    const int descriptor = open_root(path);
    if (descriptor < 0) {
        const int error = errno;
        const auto name = path.string();
        if (error == ENOENT) {
            return base::fail(base::ErrorKind::not_found, "folder_missing", "The folder " + name + " does not exist.",
                              "Create it or change \"files\".");
        }
        if (error == ENOTDIR) {
            return base::fail(base::ErrorKind::input, "not_a_folder", name + " is not a folder.",
                              "Name a folder in \"files\".");
        }
        if (error == EACCES || error == EPERM) {
            return base::fail(base::ErrorKind::denied, "folder_denied", "The folder " + name + " may not be read.",
                              "Give the service's user the right to read it: namei -l " + name + " shows who may.");
        }
        return base::fail(base::ErrorKind::io, "file_io",
                          "The folder " + name + " can't be opened: " + base::words_of(error) + ".");
    }
    auto cache = std::make_unique<Cache>();
    cache->path = path;
    cache->root = std::make_unique<OpenFile>(descriptor);
    cache->by = best_way_to_open(descriptor);
    return std::make_unique<Folder>(std::move(cache));
}

Response Folder::serve(const Request& request, std::chrono::steady_clock::time_point now) {
    if (request.method != Method::get && request.method != Method::head) {
        auto response = problem(405, "method_not_allowed", "Files take GET and HEAD.");
        response.fields.emplace_back("Allow", "GET, HEAD");
        return response;
    }
    const auto file = cache_->find(request.path, now);
    auto response = file ? answer(**file, request) : problem(file.error());
    if (request.method == Method::head) drop_body(response);
    return response;
}

}  // namespace gatehouse::http
