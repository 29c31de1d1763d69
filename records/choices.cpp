#include "records/choices.hpp"

#include "config/address.hpp"
#include "records/settings.hpp"

#include <nlohmann/json.hpp>

namespace gatehouse::records {

namespace {

using config::DoorChoices;
using config::TlsPolicy;

std::string setting_of(config::Interface interface) {
    return "door." + std::string(config::name(interface));
}

DoorChoices decode(const std::string& text) {
    DoorChoices choices;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return choices;
    const auto hostname = json.find("hostname");
    if (hostname != json.end() && hostname->is_string() &&
        !config::hostname_fault(hostname->get_ref<const std::string&>())) {
        choices.hostname = hostname->get<std::string>();
    }
    for (const TlsPolicy policy : {TlsPolicy::intermediate, TlsPolicy::modern}) {
        if (json.value("policy", nlohmann::json()) == config::name(policy)) choices.policy = policy;
    }
    choices.legacy_tls = json.value("legacy_tls", nlohmann::json()) == true;
    return choices;
}

std::string encode(const DoorChoices& choices) {
    nlohmann::json json{{"hostname", choices.hostname}, {"legacy_tls", choices.legacy_tls}};
    if (choices.policy) json["policy"] = config::name(*choices.policy);
    return json.dump();
}

}  // namespace

base::Result<config::Choices> read_choices(Database& database) {
    config::Choices choices;
    for (const auto interface : config::interfaces) {
        const auto text = Settings(database).get(setting_of(interface));
        if (!text) return base::fail(text.error());
        if (*text) choices[interface] = decode(**text);
    }
    return choices;
}

base::Result<void> keep_choices(Database& database, config::Interface interface, const DoorChoices& choices, Time now) {
    return Settings(database).put(setting_of(interface), encode(choices), now);
}

}  // namespace gatehouse::records
