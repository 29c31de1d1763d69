#include "server/system/file_watch.hpp"

#include "server/system/folder_watch.hpp"
#include "server/system/link_path.hpp"

#include <boost/asio/steady_timer.hpp>

#include <map>
#include <string>
#include <utility>

namespace gatehouse::system {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// Handlers share it, so that one still under way finds it alive; `stop` makes them do nothing.
class FileWatch::Watcher : public std::enable_shared_from_this<Watcher> {
public:
    Watcher(const asio::any_io_executor& executor, const base::FileSystem& files, base::Log& log, Changed changed,
            FileWatchOptions options)
        : files_(files),
          log_(log),
          changed_(std::move(changed)),
          options_(options),
          poll_(executor),
          debounce_(executor) {}

    void start(std::vector<fs::path> paths) {
        if (options_.inotify) {
            folders_ = std::make_shared<FolderWatch>(poll_.get_executor(), log_, [weak = weak_from_this()] {
                if (const auto self = weak.lock()) self->stirred();
            });
            folders_->start();
        }
        watch(std::move(paths));
        tick();
    }

    void watch(std::vector<fs::path> paths) {
        paths_ = std::move(paths);
        follow();
        std::map<fs::path, State> states;
        for (const fs::path& path : paths_) {
            const auto known = states_.find(path);
            states.insert_or_assign(path, known != states_.end() ? known->second : state_of(path));
        }
        states_ = std::move(states);
    }

    void stop() {
        stopped_ = true;
        poll_.cancel();
        debounce_.cancel();
        if (folders_) folders_->stop();
    }

private:
    // What a path resolves to, or the code of the reason why it resolves to nothing. All facts, because a chmod within
    // the same tick of the file system's clock leaves the identity as it was.
    struct State {
        base::FileFacts facts;
        std::string error;
        friend bool operator==(const State&, const State&) = default;
    };

    [[nodiscard]] State state_of(const fs::path& path) const {
        auto facts = files_.facts(path);
        if (facts) return {*facts, {}};
        return {{}, std::move(facts.error().code)};
    }

    void tick() {
        poll_.expires_after(options_.poll);
        poll_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->stopped_) return;
            self->look();
            if (!self->stopped_) self->tick();
        });
    }

    void stirred() {
        if (stopped_ || std::exchange(pending_, true)) return;
        debounce_.expires_after(options_.debounce);
        debounce_.async_wait([self = shared_from_this()](const boost::system::error_code& error) {
            if (error || self->stopped_) return;
            self->pending_ = false;
            self->follow();
            self->look();
        });
    }

    // Watches the folders that the paths lead through now. Links may be swapped between looking and watching, so it is
    // done again until nothing moved; should it never come to rest, the poll has it.
    void follow() {
        if (!folders_) return;
        Lookups before;
        for (int attempt = 0; attempt < 4; ++attempt) {
            Lookups now;
            for (const fs::path& path : paths_)
                add_lookups(path, now);
            if (attempt > 0 && now == before) return;
            folders_->set(now);
            before = std::move(now);
        }
    }

    void look() {
        bool differs = false;
        for (const fs::path& path : paths_)
            differs = now_differs(path) || differs;
        if (!differs) return;
        follow();  // another file may mean other folders
        changed_();
    }

    [[nodiscard]] bool now_differs(const fs::path& path) {
        State now = state_of(path);
        State& before = states_[path];
        if (now == before) return false;
        before = std::move(now);
        return true;
    }

    const base::FileSystem& files_;
    base::Log& log_;
    Changed changed_;
    FileWatchOptions options_;
    asio::steady_timer poll_;
    asio::steady_timer debounce_;
    std::shared_ptr<FolderWatch> folders_;
    std::vector<fs::path> paths_;
    std::map<fs::path, State> states_;
    bool pending_ = false;
    bool stopped_ = false;
};

FileWatch::FileWatch(const asio::any_io_executor& executor, const base::FileSystem& files, base::Log& log,
                     std::vector<fs::path> paths, Changed changed, FileWatchOptions options)
    : watcher_(std::make_shared<Watcher>(executor, files, log, std::move(changed), options)) {
    watcher_->start(std::move(paths));
}

FileWatch::~FileWatch() {
    watcher_->stop();
}

void FileWatch::watch(std::vector<fs::path> paths) {
    watcher_->watch(std::move(paths));
}

}  // namespace gatehouse::system
