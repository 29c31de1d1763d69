// The whole daemon: makes every room, hands references down, and turns what happens (signals, changed files, results of
// runs) into calls between them. Made by main; everything in it runs on main's thread, the control thread, unless the
// room says otherwise.
#pragma once

#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "config/settings.hpp"
#include "server/admin/console_socket.hpp"
#include "server/backend.hpp"
#include "server/credentials/credentials.hpp"
#include "server/doors.hpp"
#include "server/net/https_client.hpp"
#include "server/net/networks.hpp"
#include "server/net/trust.hpp"
#include "server/system/file_watch.hpp"
#include "server/system/memory.hpp"
#include "server/system/notify.hpp"
#include "server/system/passed_sockets.hpp"
#include "server/system/watchdog.hpp"
#include "server/troubles.hpp"
#include "server/workers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gatehouse::server {

class Appliance {
public:
    Appliance(std::filesystem::path configuration, config::Settings settings, base::Log& log);
    Appliance(const Appliance&) = delete;
    Appliance& operator=(const Appliance&) = delete;
    ~Appliance();

    /// Takes the state directory and the ports, brings both doors to serve, starts the workers. `passed`: systemd's
    /// sockets.
    [[nodiscard]] base::Result<void> start(system::PassedSockets passed);
    /// Serves until SIGTERM or SIGINT, then drains.
    void run();

private:
    [[nodiscard]] base::Result<void> take_state();
    [[nodiscard]] base::Result<void> finish_restore();
    [[nodiscard]] base::Result<void> begin_credentials();
    void await_signal();
    void reload(std::function<void(admin::Reloaded)> done);
    [[nodiscard]] std::optional<records::Database> read_records();
    void open_ways_out();
    void open_store();
    void open_backend(std::optional<records::Database> records);
    void users_came();
    void first_certificate(std::shared_ptr<const credentials::DoorStatus> status);
    base::Result<void> take_one_time_users(const std::filesystem::path& state, const config::OneTimeFile& file);
    void open_console();
    void apply_choices(std::function<void()> done);
    void apply(config::Settings next);
    void status_changed(const std::shared_ptr<const credentials::DoorStatus>& status);
    [[nodiscard]] config::Settings in_force() const;
    void show_troubles();
    [[nodiscard]] std::string status_line() const;
    void announce_ready();

    const std::filesystem::path configuration_;
    config::Settings from_file_;
    config::Settings settings_;  // with what operators chose
    base::Log& log_;
    base::SystemFiles files_;
    system::Notify notify_;
    boost::asio::io_context control_;
    boost::asio::signal_set signals_;
    base::Descriptor state_lock_;
    Troubles troubles_;
    bool first_start_ = false;  // of this box: nothing is known of anybody
    bool started_ = false;
    std::optional<system::MemoryReturn> memory_return_;
    std::unique_ptr<samples::SampleStore> store_;  // null: it could not be opened; outlives the workers, see Depot
    std::unique_ptr<Workers> workers_;
    std::unique_ptr<Doors> doors_;
    std::unique_ptr<system::FileWatch> watch_;
    std::unique_ptr<system::Watchdog> watchdog_;
    std::unique_ptr<credentials::Credentials> credentials_;  // its thread calls into those above
    std::unique_ptr<net::Trust> trust_;
    std::unique_ptr<net::Networks> networks_;
    std::unique_ptr<net::HttpsClient> courier_client_;  // of disposition updates
    std::unique_ptr<net::HttpsClient> fetch_client_;    // of samples that are submitted by their address
    std::unique_ptr<Backend> backend_;
    std::unique_ptr<admin::Console> console_;
};

}  // namespace gatehouse::server
