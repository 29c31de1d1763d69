#include "server/credentials/credentials.hpp"

#include <algorithm>
#include <pthread.h>
#include <utility>

namespace gatehouse::credentials {

namespace {

using namespace std::chrono_literals;

constexpr auto gathering = 200ms;        // requests this close share a run
constexpr auto between_retries = 10s;    // of a refused pair, a one-time file in trouble, and of wiping what is held
constexpr auto between_rotations = 12h;  // of ticket keys: a ticket opens for at most twice that

}  // namespace

Credentials::Credentials(base::FileSystem& files, base::Log& log, const config::Settings& settings,
                         const std::filesystem::path& credentials_directory, Hooks hooks, Clock::duration between_looks)
    : hooks_(std::move(hooks)),
      passphrases_(files, log, credentials_directory, hooks_.take_users),
      clean_(config::Interface::clean, files, log, hooks_, settings),
      admin_(config::Interface::admin, files, log, hooks_, settings),
      doors_{&clean_, &admin_},
      between_looks_(between_looks),
      next_look_(Clock::now() + between_looks),
      next_rotation_(Clock::now() + between_rotations) {
    passphrases_.configure(settings);
}

Credentials::~Credentials() {
    stop();
}

void Credentials::stop() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
}

// ---------------------------------------------------------------- asking

void Credentials::start() {
    for (const auto interface : config::interfaces)
        doors_[interface]->finish();
    forget_unneeded_passphrases();
    for (const auto interface : config::interfaces)
        doors_[interface]->tell();
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "credentials");
        serve_requests();
    });
}

void Credentials::ask(Trigger trigger, std::function<void()> done) {
    enqueue(trigger, std::nullopt, std::move(done));
}

void Credentials::ask_with(config::Settings settings, Trigger trigger, std::function<void()> done) {
    enqueue(trigger, std::move(settings), std::move(done));
}

void Credentials::enqueue(Trigger trigger, std::optional<config::Settings> settings, std::function<void()> done) {
    const std::lock_guard lock(mutex_);
    if (!asked_) asked_ = Asked{trigger, {}, {}};
    // What a person asked for is reported even where a file event came first.
    if (trigger == Trigger::sighup || asked_->trigger == Trigger::clock) asked_->trigger = trigger;
    if (settings) asked_->settings = std::move(settings);
    if (done) asked_->done.push_back(std::move(done));
    wake_.notify_all();
}

// The task waits for its turn; one that changes a door is refused while another one is under way there.
base::Result<void> Credentials::between_runs(std::optional<config::Interface> changed, std::function<void()> task) {
    const std::lock_guard lock(mutex_);
    if (stopping_) {
        return base::fail(base::ErrorKind::unavailable, "stopping", "Gatehouse is about to end.",
                          "Try again when it is back.");
    }
    if (changed && std::exchange(changing_[*changed], true)) {
        return base::fail(
            base::ErrorKind::conflict, "change_in_progress",
            "Another change of the " + std::string(config::name(*changed)) + " door's certificate is under way.",
            "Look at its result first.");
    }
    tasks_.push_back(std::move(task));
    wake_.notify_all();
    return {};
}

void Credentials::conclude_change(config::Interface interface) {
    doors_[interface]->tell();
    const std::lock_guard lock(mutex_);
    changing_[interface] = false;
}

// What a task needs is shared, because a std::function can be copied and a secret cannot.

void Credentials::change(config::Interface interface, Change change, const std::function<void(Changed)>& done) {
    auto wish = std::make_shared<Change>(std::move(change));
    const bool changes = !wish->only_check;
    const auto accepted = between_runs(changes ? std::optional(interface) : std::nullopt, [=, this] {
        Changed changed = doors_[interface]->change(*wish, passphrases_);
        if (changed.activated) forget_unneeded_passphrases();
        if (changes) conclude_change(interface);
        done(std::move(changed));
    });
    if (accepted) return;
    Changed refused;
    refused.refused = accepted.error();
    done(std::move(refused));
}

void Credentials::settle(config::Interface interface, RequestChange wish,
                         const std::function<void(base::Result<void>)>& done) {
    auto asked = std::make_shared<RequestChange>(std::move(wish));
    auto accepted = between_runs(interface, [=, this] {
        auto settled = doors_[interface]->settle(*asked);
        conclude_change(interface);
        done(std::move(settled));
    });
    if (!accepted) done(std::move(accepted));
}

void Credentials::give(config::Interface interface, base::Secret passphrase,
                       const std::function<void(base::Result<void>)>& done) {
    auto given = std::make_shared<base::Secret>(std::move(passphrase));
    auto accepted = between_runs(std::nullopt, [=, this] {
        passphrases_.hold(interface, given->clone());
        run(Trigger::console);
        // A key that is served already needed none in this run.
        if (const auto spki = doors_[interface]->key_opened_by(*given)) passphrases_.use_held(interface, *spki);
        done(passphrases_.settle_held(interface));
    });
    if (!accepted) done(std::move(accepted));
}

void Credentials::do_tasks(std::unique_lock<std::mutex>& lock) {
    while (!tasks_.empty()) {
        const auto task = std::move(tasks_.front());
        tasks_.pop_front();
        lock.unlock();
        task();
        lock.lock();
    }
}

void Credentials::serve_requests() {
    std::unique_lock lock(mutex_);
    Clock::time_point last_began{};
    while (true) {
        wake_.wait_until(lock, next_own_run(), [this] { return stopping_ || asked_ || !tasks_.empty(); });
        if (!tasks_.empty()) {  // those that were taken are done, stopping or not
            do_tasks(lock);
            continue;
        }
        wake_.wait_until(lock, last_began + gathering, [this] { return stopping_ || !tasks_.empty(); });
        if (stopping_) return;
        if (!tasks_.empty()) continue;
        const bool settling = std::any_of(config::interfaces.begin(), config::interfaces.end(),
                                          [this](auto interface) { return doors_[interface]->retry_at().has_value(); });
        const Asked asked =
            std::exchange(asked_, std::nullopt).value_or(Asked{settling ? Trigger::watch : Trigger::clock, {}, {}});
        lock.unlock();
        last_began = Clock::now();
        if (asked.settings) {
            passphrases_.configure(*asked.settings);
            for (const auto interface : config::interfaces)
                doors_[interface]->configure(*asked.settings);
        }
        run(asked.trigger);
        for (const auto& done : asked.done)
            done();
        lock.lock();
    }
}

// When to look without having been asked: a pair that settles, a one-time file in trouble, a certificate's end, the
// hour, the ticket keys.
Credentials::Clock::time_point Credentials::next_own_run() const {
    Clock::time_point next = std::min(next_look_, next_rotation_);
    for (const auto interface : config::interfaces) {
        if (const auto retry = doors_[interface]->retry_at()) next = std::min(next, *retry);
    }
    return next;
}

// ---------------------------------------------------------------- the path

base::Result<void> Credentials::begin() {
    for (const auto interface : config::interfaces)
        doors_[interface]->recover();
    run(Trigger::start);
    for (const auto interface : config::interfaces) {
        if (doors_[interface]->served() == nullptr) {
            return base::fail(base::ErrorKind::io, "no_credential",
                              "The " + std::string(config::name(interface)) +
                                  " door has no certificate to serve, and none could be made.",
                              "The lines above say why.");
        }
    }
    return {};
}

void Credentials::run(Trigger trigger) {
    passphrases_.look();
    config::PerInterface<Examined> examined;
    for (const auto interface : config::interfaces)
        examined[interface] = doors_[interface]->examine(passphrases_, true);
    if (!judge_one_time_file(examined, trigger)) {
        // Nothing of the file may be used: look again without it.
        for (const auto interface : config::interfaces) {
            if (examined[interface].opened_by_one_time) {
                examined[interface] = doors_[interface]->examine(passphrases_, false);
            }
        }
    }
    bool changed = false;
    for (const auto interface : config::interfaces) {
        Door& door = *doors_[interface];
        const certstore::Credential* before = door.served();
        if (examined[interface].opened_by_held) {
            passphrases_.use_held(interface, examined[interface].credential->spki_sha256());
        }
        door.set_surroundings(passphrases_.findings());
        if (trigger == Trigger::start) {
            door.begin(std::move(examined[interface]), passphrases_);
            door.tell();  // now, not when the other one serves too
        } else {
            door.conclude(std::move(examined[interface]), trigger);
        }
        changed = changed || door.served() != before;
    }
    if (changed && trigger != Trigger::start) forget_unneeded_passphrases();
    rotate_ticket_keys_when_due();
    plan_next_look();
    if (trigger == Trigger::start) return;
    for (const auto interface : config::interfaces)
        doors_[interface]->tell();
}

void Credentials::plan_next_look() {
    const bool wants_look = passphrases_.wants_look() || clean_.refused() || admin_.refused();
    const Clock::duration patience = wants_look ? Clock::duration(between_retries) : between_looks_;
    next_look_ = Clock::now() + patience;
    for (const auto interface : config::interfaces) {
        const auto turn = doors_[interface]->next_turn();
        const auto now = std::chrono::system_clock::now();
        // Numbers of seconds: a certificate may end in a year that the clock's own unit can't hold.
        const auto patience_seconds = std::chrono::ceil<std::chrono::seconds>(patience).count();
        if (!turn || *turn - std::chrono::system_clock::to_time_t(now) > patience_seconds) continue;
        next_look_ = std::min(next_look_, Clock::now() + (std::chrono::system_clock::from_time_t(*turn) - now));
    }
}

// All of the one-time file or nothing. False: its passphrases must not be used.
bool Credentials::judge_one_time_file(config::PerInterface<Examined>& examined, Trigger trigger) {
    if (!passphrases_.one_time_file_waits()) return true;
    std::vector<Opened> opened;
    for (const auto interface : config::interfaces) {
        const Examined& one = examined[interface];
        if (one.locked && passphrases_.one_time_file_names(interface)) {
            // The key may be the old one still, and the one that this passphrase opens on its way.
            if (trigger == Trigger::watch && doors_[interface]->may_settle(one)) {
                passphrases_.postpone();
                return false;
            }
            passphrases_.refuse(interface, one.findings.front().message);
            return false;
        }
        if (one.opened_by_one_time) opened.push_back({interface, one.credential->spki_sha256()});
    }
    return passphrases_.apply(opened);
}

void Credentials::rotate_ticket_keys_when_due() {
    if (Clock::now() < next_rotation_) return;
    next_rotation_ = Clock::now() + between_rotations;
    for (const auto interface : config::interfaces)
        doors_[interface]->rotate_ticket_key();
}

void Credentials::forget_unneeded_passphrases() {
    if (!passphrases_.holds_any()) return;
    std::set<std::string> needed;
    for (const auto interface : config::interfaces) {
        auto keys = doors_[interface]->public_keys();
        if (!keys) return;  // what cannot be looked at may still need its passphrase
        needed.merge(*keys);
    }
    passphrases_.keep_only(needed);
}

}  // namespace gatehouse::credentials
