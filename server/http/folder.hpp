// Serves a configured folder of files: conditional requests and ranges (RFC 9110 sections 13 and 14), no listing, no
// way out. One per door and worker (it caches open files), that worker's thread only.
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
    /// Errors: not_found, denied, input/not_a_folder.
    [[nodiscard]] static base::Result<std::unique_ptr<Folder>> open(const std::filesystem::path& path);
    ~Folder();

    /// GET or HEAD of request.path. 404 for what is not a regular file inside the folder, "/" and "…/" mean index.html.
    /// A cached file is looked at again once it is a second old, by `now`.
    [[nodiscard]] Response serve(const Request& request, std::chrono::steady_clock::time_point now);

    struct Cache;

private:
    explicit Folder(int root, std::unique_ptr<Cache> cache);
    int root_;
    std::unique_ptr<Cache> cache_;
};

}  // namespace gatehouse::http
