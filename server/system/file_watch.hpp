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
#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace gatehouse::system {

struct FileWatchOptions {
    std::chrono::milliseconds poll{1000};
    std::chrono::milliseconds debounce{20};  ///< after the first event, so that a burst is looked at once
    bool inotify = true;
};

class FileWatch {
public:
    /// Called once per look, however many paths changed. It may call `watch`.
    using Changed = std::function<void()>;

    /// Remembers the present state of these absolute paths; every later one is told. What was read before that has to
    /// be read once more, else a change in between is missed. "Missing" and "may not be looked at" are states like any
    /// other.
    FileWatch(const boost::asio::any_io_executor& executor, const base::FileSystem& files, base::Log& log,
              std::vector<std::filesystem::path> paths, Changed changed, FileWatchOptions options = {});
    FileWatch(const FileWatch&) = delete;
    FileWatch& operator=(const FileWatch&) = delete;
    ~FileWatch();

    /// Watches these from now on. A path that was watched before keeps the state it is compared with.
    void watch(std::vector<std::filesystem::path> paths);

private:
    class Watcher;
    std::shared_ptr<Watcher> watcher_;
};

}  // namespace gatehouse::system
