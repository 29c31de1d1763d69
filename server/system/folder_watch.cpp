#include "server/system/folder_watch.hpp"

#include "base/advice.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <sys/inotify.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace gatehouse::system {

namespace {

namespace asio = boost::asio;

// Not IN_MODIFY: a file is looked at when its writer closes it, and a database beside it is written all the time.
constexpr std::uint32_t events = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB |
                                 IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

}  // namespace

FolderWatch::FolderWatch(const asio::any_io_executor& executor, base::Log& log, std::function<void()> stirred)
    : inotify_(executor), log_(log), stirred_(std::move(stirred)) {}

void FolderWatch::start() {
    const int number = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (number < 0) {
        complain(errno);
        return;
    }
    inotify_.assign(number);
    wait();
}

void FolderWatch::set(const Lookups& lookups) {
    if (!inotify_.is_open()) return;
    std::map<int, std::set<std::string>> now;
    for (const auto& [folder, names] : lookups) {
        // Added anew each time: the kernel answers with the old number for the same folder and with a new one where
        // another folder now has this path.
        const int watch = ::inotify_add_watch(inotify_.native_handle(), folder.c_str(), events);
        if (watch >= 0) {
            now[watch].insert(names.begin(), names.end());
        } else if (errno == ENOSPC || errno == ENOMEM) {
            complain(errno);
        }  // else the folder is gone or not readable: the poll has it
    }
    for (const auto& [watch, names] : names_) {
        // Fails where the folder went away, which had ended the watch already.
        if (!now.contains(watch)) ::inotify_rm_watch(inotify_.native_handle(), watch);
    }
    names_ = std::move(now);
}

void FolderWatch::stop() {
    stirred_ = nullptr;
    boost::system::error_code ignored;  // closing can't fail in a way that matters: the kernel drops the watches
    inotify_.close(ignored);
}

void FolderWatch::wait() {
    inotify_.async_wait(asio::posix::stream_descriptor::wait_read,
                        [self = shared_from_this()](const boost::system::error_code& error) {
                            if (error || !self->inotify_.is_open()) return;
                            const bool stirred = self->drain();
                            self->wait();
                            if (stirred && self->stirred_) self->stirred_();
                        });
}

bool FolderWatch::drain() {
    bool any = false;
    alignas(inotify_event) std::array<char, 16384> bytes{};
    for (;;) {
        const ssize_t size = ::read(inotify_.native_handle(), bytes.data(), bytes.size());
        if (size <= 0) return any;  // EAGAIN: all read
        for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
            inotify_event event{};
            std::memcpy(&event, bytes.data() + at, sizeof event);
            // Padded with zero bytes to event.len.
            const std::string name = event.len == 0 ? std::string() : bytes.data() + at + sizeof event;
            if (matters(event.wd, event.mask, name)) any = true;
            at += sizeof event + event.len;
        }
    }
}

bool FolderWatch::matters(int watch, std::uint32_t mask, const std::string& name) {
    if ((mask & IN_Q_OVERFLOW) != 0) return true;  // events were lost: look at everything
    const auto known = names_.find(watch);
    if (known == names_.end()) return false;  // of a watch that was taken off
    if ((mask & IN_IGNORED) != 0) {           // the folder is gone, and this number with it
        names_.erase(known);
        return true;
    }
    return name.empty() || known->second.contains(name);  // without a name it is the folder itself
}

void FolderWatch::complain(int error) {
    if (std::exchange(complained_, true)) return;
    log_.warning("system.inotify", "The kernel's limit for inotify is used up (" + base::words_of(error) +
                                       "): changed certificates are seen a second later. Raise "
                                       "fs.inotify.max_user_watches or fs.inotify.max_user_instances with sysctl.");
}

}  // namespace gatehouse::system
