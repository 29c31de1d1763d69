#include "config/choices.hpp"

namespace gatehouse::config {

Settings with_choices(Settings from_file, const Choices& choices) {
    for (const Interface interface : interfaces) {
        InterfaceSettings& own = from_file.interfaces[interface];
        const DoorChoices& chosen = choices[interface];
        if (!own.hostname_by_file) own.hostname = chosen.hostname;
        if (!own.policy_by_file && chosen.policy) own.policy = *chosen.policy;
        own.legacy_tls = chosen.legacy_tls && interface != Interface::admin;
    }
    return from_file;
}

Settings with_choices_unknown(Settings from_file) {
    for (const Interface interface : interfaces) {
        InterfaceSettings& own = from_file.interfaces[interface];
        own.hostname_unknown = !own.hostname_by_file;
    }
    return from_file;
}

}  // namespace gatehouse::config
