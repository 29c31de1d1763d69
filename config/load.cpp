#include "config/load.hpp"

#include "base/advice.hpp"
#include "base/way.hpp"
#include "config/address.hpp"
#include "config/json_text.hpp"
#include "config/published.hpp"
#include "config/reader.hpp"

#include <map>
#include <sys/un.h>

namespace gatehouse::config {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t largest_file = 1024UL * 1024;
constexpr std::uint64_t day = 86400;
constexpr std::uint64_t mebibyte = 1024UL * 1024;

// Where each address was first named, over both doors, by its text.
using AddressesSeen = std::map<std::string, std::string>;

// Without slashes at its end. Not normalized otherwise: "link/.." is not the folder that "link" lies in.
fs::path tidied(const fs::path& path) {
    std::string text = path.native();
    while (text.size() > 1 && text.ends_with('/'))
        text.pop_back();
    return text;
}

// `state` is what relative paths are relative to; null: they are refused. An empty text is refused unless
// `may_be_empty`, which leaves it empty.
void read_path(Reader& reader, std::string_view name, fs::path& value, Problems& problems, const fs::path* state,
               bool may_be_empty = false) {
    std::string text;
    if (!reader.text(name, text)) return;
    if (text.empty() && may_be_empty) {
        value.clear();
    } else if (text.empty()) {
        problems.add(reader.path_of(name), "is empty.", "Leave it out for the default.");
    } else if (text.find('\0') != std::string::npos) {
        problems.add(reader.path_of(name), "holds a NUL character, which no path can.");
    } else if (text.front() == '/') {
        value = tidied(text);
    } else if (state != nullptr) {
        value = tidied(*state / text);
    } else {
        problems.add(reader.path_of(name),
                     "is " + in_quotes(text) + "; it must be an absolute path, beginning with /.");
    }
}

void note_address(const ListenAddress& address, const std::string& path, AddressesSeen& seen, Problems& problems) {
    const auto [first, is_new] = seen.emplace(address.text(), path);
    if (is_new) return;
    problems.add(path, "is " + address.text() + ", which is already taken by " + first->second + ".",
                 "Give each its own address or port.");
}

void read_addresses(Reader& reader, std::string_view name, std::vector<ListenAddress>& value, AddressesSeen& seen,
                    Problems& problems, bool may_be_empty) {
    const nlohmann::json* list = reader.array(name);
    const std::string path = reader.path_of(name);
    if (list == nullptr) {
        for (const ListenAddress& address : value)
            note_address(address, path + " (its default)", seen, problems);
        return;
    }
    if (list->empty() && !may_be_empty) {
        problems.add(path, "is empty.", "Name at least one address, or leave it out for the default.");
    }
    value.clear();
    for (std::size_t i = 0; i < list->size(); ++i) {
        const std::string element = path + "[" + std::to_string(i) + "]";
        if (!(*list)[i].is_string()) {
            problems.add(element, "must be a text in double quotes, ADDRESS:PORT.");
            continue;
        }
        const auto address = parse_listen_address((*list)[i].get_ref<const std::string&>());
        if (!address) {
            problems.add(element, address.error().message, address.error().advice);
            continue;
        }
        note_address(*address, element, seen, problems);
        value.push_back(*address);
    }
}

InterfaceSettings interface_defaults(Interface interface, const fs::path& state) {
    InterfaceSettings settings;
    constexpr std::uint16_t clean_port = 443;
    constexpr std::uint16_t admin_port = 8443;
    settings.listen = {{"::", interface == Interface::clean ? clean_port : admin_port}};
    settings.certificate = state / name(interface) / "cert.pem";
    settings.key = state / name(interface) / "cert.key";
    return settings;
}

void read_interface(Reader reader, InterfaceSettings& settings, const fs::path& state, AddressesSeen& seen,
                    Problems& problems) {
    read_addresses(reader, "listen", settings.listen, seen, problems, false);
    read_addresses(reader, "redirect", settings.redirect, seen, problems, true);
    if (reader.text("hostname", settings.hostname) && !settings.hostname.empty()) {
        if (const auto fault = hostname_fault(settings.hostname)) {
            problems.add(reader.path_of("hostname"), "is " + in_quotes(settings.hostname) + "; it " + *fault + ".");
        }
    }
    settings.hostname_by_file = !settings.hostname.empty();
    read_path(reader, "certificate", settings.certificate, problems, &state);
    read_path(reader, "key", settings.key, problems, &state);
    Reader tls = reader.object("tls");
    settings.policy_by_file = tls.choice<TlsPolicy>(
        "policy", settings.policy, {{"intermediate", TlsPolicy::intermediate}, {"modern", TlsPolicy::modern}});
    tls.finish();
    read_path(reader, "files", settings.files, problems, nullptr, true);
    reader.finish();
}

void read_network(Reader reader, NetworkSettings& settings, Problems& problems) {
    constexpr std::size_t most_servers = 8;
    if (const nlohmann::json* list = reader.array("dns")) {
        const std::string path = reader.path_of("dns");
        if (list->size() > most_servers) problems.add(path, "names more than 8 servers.");
        settings.dns.emplace();
        for (std::size_t i = 0; i < list->size() && i < most_servers; ++i) {
            const std::string element = path + "[" + std::to_string(i) + "]";
            if (!(*list)[i].is_string()) {
                problems.add(element, "must be a text in double quotes, ADDRESS or ADDRESS:PORT.");
                continue;
            }
            const auto server = parse_dns_server((*list)[i].get_ref<const std::string&>());
            if (server) settings.dns->push_back(*server);
            if (!server) problems.add(element, server.error().message, server.error().advice);
        }
    }
    std::string source;
    if (reader.text("source", source)) {
        const auto fault = source_fault(source);
        if (fault) problems.add(reader.path_of("source"), "is " + in_quotes(source) + "; it " + *fault + ".");
        settings.source = source;
    }
    std::string proxy;
    if (reader.text("proxy", proxy) && !proxy.empty()) {
        const auto address = parse_proxy(proxy);
        if (address) settings.proxy = *address;
        if (!address) problems.add(reader.path_of("proxy"), address.error().message, address.error().advice);
    }
    reader.finish();
}

void read_self_signed(Reader reader, SelfSignedSettings& settings) {
    constexpr std::uint64_t most_days = 36500;
    reader.whole("days", settings.days, 1, most_days);
    std::vector<std::pair<std::string_view, KeyType>> types;
    for (const KeyType type :
         {KeyType::ecdsa_p256, KeyType::rsa_2048, KeyType::rsa_3072, KeyType::rsa_4096, KeyType::ed25519}) {
        types.emplace_back(name(type), type);
    }
    reader.choice("key_type", settings.key_type, types);
    reader.finish();
}

void read_expiry_days(Reader& reader, std::vector<unsigned>& value, Problems& problems) {
    constexpr std::uint64_t most_days = 3650;
    constexpr std::size_t most = 32;
    const nlohmann::json* list = reader.array("expiry_days");
    if (list == nullptr) return;
    const std::string path = reader.path_of("expiry_days");
    if (list->size() > most) return problems.add(path, "has more than " + std::to_string(most) + " elements.");
    std::vector<unsigned> days;
    for (std::size_t i = 0; i < list->size(); ++i) {
        const nlohmann::json& one = (*list)[i];
        if (!one.is_number_unsigned() || one.get<std::uint64_t>() < 1 || one.get<std::uint64_t>() > most_days) {
            problems.add(path + "[" + std::to_string(i) + "]",
                         "must be a whole number of days from 1 to " + std::to_string(most_days) + ".");
            continue;
        }
        days.push_back(one.get<unsigned>());
    }
    value = std::move(days);
}

void read_limits(Reader reader, Limits& limits) {
    constexpr std::uint64_t most_connections = 10'000'000;
    constexpr std::uint64_t least_header_bytes = 1024;
    constexpr std::uint64_t most_body_bytes = mebibyte * mebibyte;  // 1 TiB
    constexpr std::uint64_t fastest = 1024 * mebibyte;
    reader.whole("connections", limits.connections, 1, most_connections);
    reader.whole("connections_per_address", limits.connections_per_address, 1, most_connections);
    reader.whole("handshake_seconds", limits.handshake_seconds, 1, day);
    reader.whole("header_seconds", limits.header_seconds, 1, day);
    reader.whole("idle_seconds", limits.idle_seconds, 1, day);
    reader.whole("body_bytes_per_second", limits.body_bytes_per_second, 1, fastest);
    reader.whole("header_bytes", limits.header_bytes, least_header_bytes, mebibyte);
    reader.whole("body_bytes", limits.body_bytes, 1, most_body_bytes);
    reader.finish();
}

void read_log(Reader reader, LogSettings& log) {
    using base::LogFormat;
    using base::LogLevel;
    reader.choice<LogLevel>("level", log.level,
                            {{"debug", LogLevel::debug},
                             {"info", LogLevel::info},
                             {"warning", LogLevel::warning},
                             {"error", LogLevel::error}});
    reader.choice<LogFormat>("format", log.format, {{"text", LogFormat::text}, {"json", LogFormat::json}});
    reader.finish();
}

void read_socket(Reader& reader, std::string_view name, fs::path& value, Problems& problems,
                 bool may_be_empty = false) {
    read_path(reader, name, value, problems, nullptr, may_be_empty);
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
    if (value.native().size() > longest) {
        problems.add(reader.path_of(name),
                     "is longer than the " + std::to_string(longest) + " bytes that a socket's path may have.");
    }
}

void read_samples(Reader reader, SampleSettings& samples) {
    constexpr std::uint64_t most_bytes = mebibyte * mebibyte;  // 1 TiB
    constexpr std::uint64_t most_quota = 1024 * most_bytes;
    constexpr std::uint64_t most_days = 36500;
    reader.whole("body_bytes", samples.body_bytes, 1, most_bytes);
    reader.whole("quota_bytes", samples.quota_bytes, 0, most_quota);
    reader.whole("keep_days", samples.keep_days, 0, most_days);
    reader.whole("free_bytes", samples.free_bytes, 0, most_quota);
    reader.choice<UrlFetch>("url_fetch", samples.url_fetch, {{"refuse", UrlFetch::refuse}, {"fetch", UrlFetch::fetch}});
    reader.finish();
}

void read_analysis(Reader reader, AnalysisSettings& analysis, Problems& problems) {
    constexpr std::uint64_t most_at_once = 64;
    constexpr std::uint64_t most_bytes = mebibyte * mebibyte;  // 1 TiB
    constexpr bool may_be_empty = true;
    read_socket(reader, "socket", analysis.socket, problems, may_be_empty);
    reader.choice<EngineProtocol>("protocol", analysis.protocol,
                                  {{name(EngineProtocol::clamd), EngineProtocol::clamd},
                                   {name(EngineProtocol::gatehouse), EngineProtocol::gatehouse}});
    reader.whole("at_once", analysis.at_once, 1, most_at_once);
    reader.whole("seconds", analysis.seconds, 1, day);
    reader.whole("sample_bytes", analysis.sample_bytes, 0, most_bytes);
    reader.finish();
}

void read_dispositions(Reader reader, DispositionSettings& dispositions) {
    constexpr std::uint64_t highest_score = 100;
    reader.whole("malicious_score", dispositions.malicious_score, 1, highest_score);
    reader.whole("at_once", dispositions.at_once, 1, DispositionSettings::most_at_once);
    reader.finish();
}

void judge_files(const Settings& settings, Problems& problems) {
    for (const Published& one : published_secrets(settings))
        problems.add("interfaces." + std::string(name(one.interface)) + ".files", one.fault);
}

Settings read_settings(const nlohmann::json& document, Problems& problems) {
    constexpr std::uint64_t most_workers = 256;
    constexpr std::uint64_t two_years = 63'072'000;
    Settings settings;
    Reader reader(document, "", problems);
    read_path(reader, "state_directory", settings.state_directory, problems, nullptr);
    const fs::path& state = settings.state_directory;
    settings.one_time_file = state / "otc.conf.json";
    read_path(reader, "one_time_file", settings.one_time_file, problems, &state);
    reader.choice<KeyPassphrase>("key_passphrase", settings.key_passphrase,
                                 {{"sealed", KeyPassphrase::sealed}, {"memory", KeyPassphrase::memory}});
    reader.whole("workers", settings.workers, 0, most_workers);
    read_socket(reader, "console_socket", settings.console_socket, problems);
    reader.whole("hsts_seconds", settings.hsts_seconds, 0, two_years);
    AddressesSeen seen;
    Reader doors = reader.object("interfaces");
    for (const Interface interface : interfaces) {
        settings.interfaces[interface] = interface_defaults(interface, state);
        read_interface(doors.object(name(interface)), settings.interfaces[interface], state, seen, problems);
    }
    doors.finish();
    Reader both = reader.object("networks");
    for (const Network network : networks)
        read_network(both.object(name(network)), settings.networks[network], problems);
    both.finish();
    read_self_signed(reader.object("self_signed"), settings.self_signed);
    read_expiry_days(reader, settings.expiry_days, problems);
    read_limits(reader.object("limits"), settings.limits);
    read_samples(reader.object("samples"), settings.samples);
    read_analysis(reader.object("analysis"), settings.analysis, problems);
    read_dispositions(reader.object("dispositions"), settings.dispositions);
    read_log(reader.object("log"), settings.log);
    reader.finish();
    judge_files(settings, problems);
    return settings;
}

}  // namespace

Reading read_text(std::string_view text, const fs::path& file) {
    Problems problems(file);
    Reading reading;
    if (const auto document = parse_json(text)) {
        reading.settings = read_settings(*document, problems);
    } else {
        problems.add(document.error().where, document.error().what + ".");
    }
    reading.errors = problems.take();
    return reading;
}

base::Error not_readable(const base::FileSystem& files, const fs::path& file, base::Error error) {
    if (error.code != "file_denied") return error;
    // It stays root's, and holds no secret: who were given the file would say what root does with the files it names.
    const bool is_seen = files.link_facts(file).has_value();
    const fs::path blamed = is_seen ? file : file.parent_path();
    if (base::led_by_others(base::way_to(blamed))) {
        error.advice = "Put it where nobody but root can lay a file or a link.";
    } else if (is_seen) {
        error.advice = "Run: chmod 644 " + base::shell_quoted(file);
    } else {
        error.advice = "Let all search the folder, run: chmod a+x " + base::shell_quoted(blamed);
    }
    return error;
}

Reading read_file(const base::FileSystem& files, const fs::path& file) {
    const auto contents = files.read(file, largest_file);
    if (!contents) return {std::nullopt, {not_readable(files, file, contents.error())}};
    return read_text(contents->bytes.reveal(), file);
}

tl::expected<Settings, std::vector<base::Error>> load(const base::FileSystem& files, const fs::path& file) {
    Reading reading = read_file(files, file);
    if (!reading.errors.empty()) return tl::unexpected(std::move(reading.errors));
    return std::move(*reading.settings);
}

tl::expected<NextSettings, std::vector<base::Error>> load_beside(const Settings& running, const base::FileSystem& files,
                                                                 const fs::path& file) {
    auto read = load(files, file);
    if (!read) return tl::unexpected(std::move(read.error()));
    NextSettings next{{}, needs_restart(running, *read)};
    next.settings = carry_over(running, std::move(*read));
    // Again, for what stays as it runs may lie where the file no longer sees it.
    Problems problems(file);
    judge_files(next.settings, problems);
    auto faults = problems.take();
    if (!faults.empty()) return tl::unexpected(std::move(faults));
    return next;
}

}  // namespace gatehouse::config
