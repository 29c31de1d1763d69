// Fuzzes the reading of the configuration: whatever the text, it gives settings that keep their promises or errors
// that say something, and never throws or crashes. The text is also read as a secret one, by the rules of files and by
// those of requests: the outcome must be the same.
#include "config/json_text.hpp"
#include "config/load.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using namespace gatehouse;

void require(bool holds) {
    if (!holds) std::abort();
}

void check_settings(const config::Settings& settings) {
    require(settings.state_directory.is_absolute());
    require(settings.one_time_file.is_absolute());
    require(settings.console_socket.is_absolute());
    require(settings.workers <= 256);
    require(settings.self_signed.days >= 1 && settings.self_signed.days <= 36500);
    require(settings.limits.connections >= 1 && settings.limits.header_bytes >= 1024);
    require(settings.limits.idle_seconds >= 1 && settings.limits.idle_seconds <= 86400);
    for (const config::Interface interface : config::interfaces) {
        const config::InterfaceSettings& door = settings.interfaces[interface];
        require(!door.listen.empty());
        for (const config::ListenAddress& address : door.listen)
            require(address.port != 0 && !address.host.empty());
        for (const config::ListenAddress& address : door.redirect)
            require(address.port != 0 && !address.host.empty());
        require(door.certificate.is_absolute() && door.key.is_absolute());
        require(door.files.empty() || door.files.is_absolute());
        require(door.hostname.size() <= 253);
    }
    require(config::needs_restart(settings, settings).empty());
}

void check_secret(std::string_view text, const config::JsonRules& rules) {
    const auto plain = config::parse_json(text, rules);
    const auto secret = config::parse_secret_json(text, rules);
    require(plain.has_value() == secret.has_value());
    if (!plain) {
        require(plain.error().kind == secret.error().kind && plain.error().pointer == secret.error().pointer);
        return;
    }
    const auto told = secret->dump();
    require(plain->dump() == std::string_view(told));
}

}  // namespace

// NOLINTNEXTLINE(readability-identifier-naming): the name libFuzzer looks for
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_secret(text, {});
    check_secret(text, {64, config::Comments::refused});
    const auto [settings, errors] = config::read_text(text, "gatehouse.json");
    if (errors.empty()) {
        require(settings.has_value());
        check_settings(*settings);
        return 0;
    }
    require(errors.size() <= 51);
    for (const base::Error& error : errors) {
        require(error.kind == base::ErrorKind::input && error.code == "configuration_invalid");
        require(error.message.starts_with("gatehouse.json: ") && error.message.ends_with("."));
        require(error.message.find('\n') == std::string::npos && error.message.size() < 20'000);
    }
    return 0;
}
