// Both doors as they stand: what they listen on, the last status of each, and what is served at them, which it hands to
// the workers. Owned by the appliance and used on the control thread; the board may be read by any.
#pragma once

#include "base/log.hpp"
#include "config/settings.hpp"
#include "server/admin/services.hpp"
#include "server/credentials/board.hpp"
#include "server/workers.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::server {

class Doors {
public:
    using Addresses = config::PerInterface<std::vector<config::ListenAddress>>;

    /// `listening`: what the doors really listen on, at least one address each.
    Doors(Workers& workers, Addresses listening, config::Settings settings, base::Log& log);
    Doors(const Doors&) = delete;
    Doors& operator=(const Doors&) = delete;
    ~Doors() = default;

    /// The door has its first certificate, which the workers were given. Whoever comes still waits.
    void begin(std::shared_ptr<const credentials::DoorStatus> status);
    /// A door that has begun serves from here on.
    void open(config::Interface interface);
    /// What a door that has begun serves now.
    void show(std::shared_ptr<const credentials::DoorStatus> status);
    /// From now on these settings hold.
    void configure(config::Settings settings);
    /// What the door offers besides its folder; from the next `configure` on.
    void offer(config::Interface interface, DoorOffer offer);

    /// What each door serves now; a door's status there is null before it has begun.
    [[nodiscard]] const credentials::Board& board() const { return board_; }
    [[nodiscard]] const Addresses& listening() const { return listening_; }
    /// What is true of each door besides its certificate.
    [[nodiscard]] config::PerInterface<admin::DoorFacts> facts() const;
    /// Where an open door is found, and by which fingerprint it is known.
    [[nodiscard]] std::string introduction(config::Interface interface) const;
    /// One part for each open door.
    [[nodiscard]] std::vector<std::string> summary() const;
    /// One for each folder that cannot be served.
    [[nodiscard]] std::vector<admin::Trouble> troubles() const;

private:
    void show_page(std::shared_ptr<const credentials::DoorStatus> status);
    void configure_workers();
    void configure_workers(config::Interface interface);
    [[nodiscard]] DoorContent content(config::Interface interface) const;
    [[nodiscard]] std::string authority(config::Interface interface) const;
    [[nodiscard]] bool hsts_allowed(config::Interface interface) const;

    Workers& workers_;
    const Addresses listening_;
    config::Settings settings_;
    base::Log& log_;
    credentials::Board board_;
    config::PerInterface<DoorOffer> offers_;
    config::PerInterface<std::optional<admin::Trouble>> files_trouble_;
};

}  // namespace gatehouse::server
