// The whole daemon: makes every room, hands references down, and turns what happens (signals, changed files, results of
// runs) into calls between them. Made by main; everything in it runs on main's thread, the control thread, unless the
// room says otherwise.
#pragma once

#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "base/log.hpp"
#include "config/settings.hpp"
#include "server/admin/console_socket.hpp"
#include "server/admin/office.hpp"
#include "server/clean/depot.hpp"
#include "server/clean/reception.hpp"
#include "server/credentials/board.hpp"
#include "server/credentials/credentials.hpp"
#include "server/net/https_client.hpp"
#include "server/net/networks.hpp"
#include "server/net/trust.hpp"
#include "server/system/file_watch.hpp"
#include "server/system/memory.hpp"
#include "server/system/notify.hpp"
#include "server/system/passed_sockets.hpp"
#include "server/system/watchdog.hpp"
#include "server/workers.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
    [[nodiscard]] base::Result<void> begin_credentials();
    void open_door(std::shared_ptr<const credentials::DoorStatus> status);
    void await_signal();
    void reload(std::function<void(admin::Reloaded)> done);
    void read_records();
    [[nodiscard]] base::Result<void> open_records();
    void complain_of_records(const base::Error& error);
    void open_ways_out();
    void open_office();
    void open_reception();
    void open_archive();
    void open_depot();
    void close_archive();
    void users_came();
    void open_console();
    void apply_choices(std::function<void()> done);
    void show_door_facts();
    void apply(config::Settings next);
    void status_changed(std::shared_ptr<const credentials::DoorStatus> status);
    void configure_workers();
    void configure_worker(config::Interface interface);
    [[nodiscard]] DoorContent content(config::Interface interface) const;
    [[nodiscard]] bool hsts_allowed(config::Interface interface) const;
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
    config::PerInterface<std::shared_ptr<const credentials::DoorStatus>> statuses_;
    config::PerInterface<std::vector<config::ListenAddress>> addresses_;  // what the doors really listen on
    // For the status line: a refused configuration or what needs a restart, and folders that cannot be served.
    std::string configuration_trouble_;
    config::PerInterface<std::string> files_trouble_;
    bool started_ = false;
    std::optional<system::MemoryReturn> memory_return_;
    credentials::Board board_;
    std::unique_ptr<clean::SampleStore> store_;  // null: it could not be opened; outlives the workers, see Depot
    std::unique_ptr<Workers> workers_;
    std::unique_ptr<system::FileWatch> watch_;
    std::unique_ptr<system::Watchdog> watchdog_;
    std::unique_ptr<credentials::Credentials> credentials_;  // its thread calls into those above
    std::optional<records::Database> records_;               // until the archive takes it
    std::unique_ptr<net::Trust> trust_;
    std::unique_ptr<net::Networks> networks_;
    std::unique_ptr<net::HttpsClient> client_;
    std::unique_ptr<admin::Office> office_;
    std::unique_ptr<clean::Reception> reception_;
    std::unique_ptr<clean::Depot> depot_;
    std::unique_ptr<net::Archive> archive_;  // null: no database; its thread works with office and reception
    std::unique_ptr<admin::Console> console_;
};

}  // namespace gatehouse::server
