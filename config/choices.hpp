// What operators choose while the appliance runs, over what the configuration file leaves open. Plain values, kept by
// records/choices; any thread.
#pragma once

#include "config/settings.hpp"

#include <optional>
#include <string>

namespace gatehouse::config {

struct DoorChoices {
    std::string hostname;             ///< empty: the system's
    std::optional<TlsPolicy> policy;  ///< nullopt: the default
    bool legacy_tls = false;          ///< TLS 1.0 and 1.1 are let in; never at the admin door
    friend bool operator==(const DoorChoices&, const DoorChoices&) = default;
};
using Choices = PerInterface<DoorChoices>;

/// The file's settings with the choices in force wherever the file says nothing.
[[nodiscard]] Settings with_choices(Settings from_file, const Choices& choices);
/// The file's settings where what was chosen can't be read: a hostname that the file leaves open is unknown.
[[nodiscard]] Settings with_choices_unknown(Settings from_file);

}  // namespace gatehouse::config
