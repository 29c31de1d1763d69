// The one path by which a credential gets served. Triggers only ask; one thread of its own runs the path for both
// doors: read, parse, order, check, build, prove, activate, remember, tell. Owned by server/appliance. `ask` is safe
// from any thread; the hooks are called on the credentials thread (during `begin` and `start`: on the caller's).
#pragma once

#include "base/files.hpp"
#include "base/log.hpp"
#include "config/settings.hpp"
#include "server/credentials/door.hpp"
#include "server/credentials/passphrases.hpp"
#include "server/credentials/status.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace gatehouse::credentials {

class Credentials {
    using Clock = std::chrono::steady_clock;

public:
    /// `credentials_directory`: systemd's, or empty (see config/vault). `between_looks`: how often the pairs are judged
    /// again without any trigger; one whose validity begins or ends before that is judged then.
    Credentials(base::FileSystem& files, base::Log& log, const config::Settings& settings,
                const std::filesystem::path& credentials_directory, Hooks hooks,
                Clock::duration between_looks = std::chrono::hours(1));
    Credentials(const Credentials&) = delete;
    Credentials& operator=(const Credentials&) = delete;
    ~Credentials();

    /// Ends the thread after the run and the changes under way; a later change is refused with unavailable/stopping.
    void stop();

    /// The first run, on the caller's thread: finishes what a crash interrupted and brings each door to serve
    /// something; its status is told as soon as it does. Errors: a door for which not even a self-signed pair could be
    /// made.
    [[nodiscard]] base::Result<void> begin();
    /// Starts the thread; from now on `ask` is answered.
    void start();

    /// Asks for a run. The first request runs at once; those that arrive meanwhile or within 200 ms share one following
    /// run. `done` is called after the run that took the request in.
    void ask(Trigger trigger, std::function<void()> done = {});
    /// The same with new settings, which this run takes over first.
    void ask_with(config::Settings settings, Trigger trigger, std::function<void()> done);

    /// Changes what `interface` serves, between runs. `done` is called with what became of it, on the credentials
    /// thread or, where it is refused at once (conflict/change_in_progress, unavailable/stopping), on the caller's.
    void change(config::Interface interface, Change change, const std::function<void(Changed)>& done);
    /// Keeps or discards a signing request of `interface`; `done` and refusals as for `change`.
    void settle(config::Interface interface, RequestChange wish, const std::function<void(base::Result<void>)>& done);

    /// A passphrase for the key of `interface`, and a run with it. `done` is called on the credentials thread with what
    /// became of it (see Passphrases::settle_held), or on the caller's with unavailable/stopping.
    void give(config::Interface interface, base::Secret passphrase,
              const std::function<void(base::Result<void>)>& done);

private:
    struct Asked {
        Trigger trigger = Trigger::watch;
        std::optional<config::Settings> settings;
        std::vector<std::function<void()>> done;
    };

    [[nodiscard]] base::Result<void> between_runs(std::optional<config::Interface> changed, std::function<void()> task);
    void conclude_change(config::Interface interface);
    void enqueue(Trigger trigger, std::optional<config::Settings> settings, std::function<void()> done);
    void serve_requests();
    void do_tasks(std::unique_lock<std::mutex>& lock);
    [[nodiscard]] Clock::time_point next_own_run() const;
    void run(Trigger trigger);
    void plan_next_look();
    [[nodiscard]] bool judge_one_time_file(config::PerInterface<Examined>& examined, Trigger trigger);
    void rotate_ticket_keys_when_due();
    void forget_unneeded_passphrases();

    const Hooks hooks_;
    Passphrases passphrases_;
    Door clean_;
    Door admin_;
    const config::PerInterface<Door*> doors_;
    const Clock::duration between_looks_;
    Clock::time_point next_look_;
    Clock::time_point next_rotation_;

    std::thread thread_;
    std::mutex mutex_;  // guards what follows
    std::condition_variable wake_;
    std::optional<Asked> asked_;
    config::PerInterface<bool> changing_{};
    std::deque<std::function<void()>> tasks_;  // wait for their turn between runs
    bool stopping_ = false;
};

}  // namespace gatehouse::credentials
