// The latest status of both doors, for whoever wants to tell it. Owned by server/doors. Shown by the control thread,
// read by any.
#pragma once

#include "base/shared.hpp"
#include "server/credentials/status.hpp"

#include <memory>

namespace gatehouse::credentials {

class Board {
public:
    void show(std::shared_ptr<const DoorStatus> status) {
        auto& place = status->interface == config::Interface::clean ? clean_ : admin_;
        place.store(std::move(status));
    }
    /// Null before the door serves anything.
    [[nodiscard]] std::shared_ptr<const DoorStatus> status(config::Interface interface) const {
        return (interface == config::Interface::clean ? clean_ : admin_).load();
    }

private:
    base::Shared<DoorStatus> clean_;
    base::Shared<DoorStatus> admin_;
};

}  // namespace gatehouse::credentials
