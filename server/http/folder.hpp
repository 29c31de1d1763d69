// Serves a configured folder of files: conditional requests and ranges (RFC 9110 sections 13 and 14), no listing, no
// way out (http/beneath). One per door and worker (it caches open files), that worker's thread only.
// It remembers 64 files: up to 64 KiB their bytes, beyond that an open descriptor. A file that shrinks while its
// FileBody is being sent ends too early: the session sees a short read and has to close the connection, since the
// length has been told already. Replacing files by rename has no such moment.
#pragma once

#include "base/result.hpp"
#include "server/http/request.hpp"
#include "server/http/response.hpp"

#include <chrono>
#include <filesystem>
#include <memory>

namespace gatehouse::http {

class Folder {
public:
    /// Errors: not_found/folder_missing, denied/folder_denied, input/not_a_folder, io/file_io. The path is looked at
    /// again while serving, at most once a second, so that a folder which was replaced, or the link to it, is followed.
    [[nodiscard]] static base::Result<std::unique_ptr<Folder>> open(const std::filesystem::path& path);
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    /// GET or HEAD of request.path, 405 for other methods. 404 for what is not a regular file inside the folder or may
    /// not be named (http/beneath), 403 for what the server may not read; "/" and "…/" mean index.html. A cached file
    /// is looked at again once it is a second old, by `now`. The entity tag is made of inode, size and time of change;
    /// it is weak as long as that time is less than a second ago, because another change could hide in it. HEAD has no
    /// body and declares its size.
    [[nodiscard]] Response serve(const Request& request, std::chrono::steady_clock::time_point now);

    /// Its state, made by `open` alone.
    struct Cache;
    explicit Folder(std::unique_ptr<Cache> cache);

private:
    std::unique_ptr<Cache> cache_;
};

}  // namespace gatehouse::http
