// Sees files change. Once a second the identity of what each path resolves to is compared: that is the truth. inotify
// on all folders on the way only hastens it, so renames, links that are swapped and folders that vanish and come back
// are seen at once, and where inotify can't help they are seen a second later. Owned by the appliance. Everything
// happens on one executor, which must be single-threaded and no I/O worker's, since stat(2) may block; watch() and the
// destructor are to be called there too, or while it does not run.
#pragma once

#include "base/files.hpp"
#include "base/log.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace gatehouse::system {

/// An absolute path, and to whom it belongs: several paths may share a tag (certificate and key of a door).
struct WatchedPath {
    std::filesystem::path path;
    std::size_t tag = 0;
};

struct FileWatchOptions {
    std::chrono::milliseconds poll{1000};
    std::chrono::milliseconds debounce{20};  ///< after the first event, so that a burst is looked at once
    bool inotify = true;
};

class FileWatch {
public:
    /// Called once per tag and look, however many of its paths changed. It may call `watch`.
    using Changed = std::function<void(std::size_t tag)>;

    /// Remembers the present state; every later one is told. Begin to watch before the files are read for the first
    /// time, else a change in between is missed. "Missing" and "may not be looked at" are states like any other.
    FileWatch(const boost::asio::any_io_executor& executor, const base::FileSystem& files, base::Log& log,
              std::vector<WatchedPath> paths, Changed changed, FileWatchOptions options = {});
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;
    ~FileWatch();

    /// Watches these from now on. A path that was watched before keeps the state it is compared with.
    void watch(std::vector<WatchedPath> paths);

private:
    class Watcher;
    std::shared_ptr<Watcher> watcher_;
};

}  // namespace gatehouse::system
