// inotify on a set of folders: says when something happened to a name that matters. Part of file_watch, which owns it
// and decides what it means; its executor's thread only.
#pragma once

#include "base/log.hpp"
#include "server/system/link_path.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

namespace gatehouse::system {

class FolderWatch : public std::enable_shared_from_this<FolderWatch> {
public:
    FolderWatch(const boost::asio::any_io_executor& executor, base::Log& log, std::function<void()> stirred);
    FolderWatch(const FolderWatch&) = delete;
    FolderWatch& operator=(const FolderWatch&) = delete;
    ~FolderWatch() = default;

    /// Begins to listen; `stirred` is called after each batch of events that matter. Where inotify can't be had this is
    /// logged and nothing is ever told.
    void start();
    /// Listens to exactly these folders. One that can't be watched (missing, not readable) is left out; the machine's
    /// limit of watches is logged once.
    void set(const Lookups& lookups);
    void stop();

private:
    void wait();
    /// Whether any of the pending events matters.
    [[nodiscard]] bool drain();
    [[nodiscard]] bool matters(int watch, std::uint32_t mask, const std::string& name);
    void complain(int error);

    boost::asio::posix::stream_descriptor inotify_;
    base::Log& log_;
    std::function<void()> stirred_;
    std::map<int, std::set<std::string>> names_;  // by watch descriptor; one folder may be reached by several paths
    bool complained_ = false;
};

}  // namespace gatehouse::system
