// What the operator told us: every option, its type and its default (the contract is docs/operating.md). A plain value,
// made by config/load, then shared as an immutable snapshot; any thread.
#pragma once

#include "base/log.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::config {

/// The two doors.
enum class Interface { clean, admin };
inline constexpr std::array interfaces{Interface::clean, Interface::admin};
[[nodiscard]] std::string_view name(Interface interface);

/// One value per door.
template <class T>
struct PerInterface {
    T clean{};
    T admin{};
    [[nodiscard]] T& operator[](Interface interface) { return interface == Interface::clean ? clean : admin; }
    [[nodiscard]] const T& operator[](Interface interface) const {
        return interface == Interface::clean ? clean : admin;
    }
    friend bool operator==(const PerInterface&, const PerInterface&) = default;
};

/// The two networks that calls go out by: `clean` is the box's own, `dirty` the world's.
enum class Network { clean, dirty };
inline constexpr std::array networks{Network::clean, Network::dirty};
[[nodiscard]] std::string_view name(Network network);

/// One value per network.
template <class T>
struct PerNetwork {
    T clean{};
    T dirty{};
    [[nodiscard]] T& operator[](Network network) { return network == Network::clean ? clean : dirty; }
    [[nodiscard]] const T& operator[](Network network) const { return network == Network::clean ? clean : dirty; }
    friend bool operator==(const PerNetwork&, const PerNetwork&) = default;
};

/// ADDRESS:PORT with a literal IPv4 or bracketed IPv6 address. [::] takes IPv4 too (see server/net/listen).
struct ListenAddress {
    std::string host;  ///< without brackets
    std::uint16_t port = 0;
    [[nodiscard]] std::string text() const;  ///< as it is written in the configuration
    friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// `legacy`: intermediate, and TLS 1.0 and 1.1 clients as well; no configuration file can say it (see legacy_tls).
enum class TlsPolicy { intermediate, modern, legacy };
[[nodiscard]] std::string_view name(TlsPolicy policy);

enum class KeyType { ecdsa_p256, rsa_2048, rsa_3072, rsa_4096, ed25519 };
[[nodiscard]] std::string_view name(KeyType type);

/// What becomes of a passphrase once it opened a key.
enum class KeyPassphrase { sealed, memory };

struct InterfaceSettings {
    std::vector<ListenAddress> listen;
    std::vector<ListenAddress> redirect;  ///< plain-HTTP addresses that only redirect here
    std::string hostname;                 ///< as configured or chosen; empty: the system's (config/hostname)
    bool hostname_by_file = false;        ///< the configuration says it; else it may be chosen (config/choices)
    bool hostname_unknown = false;        ///< what was chosen can't be read: the system's stands in, and proves nothing
    std::filesystem::path certificate;    ///< absolute after load
    std::filesystem::path key;            ///< absolute after load
    TlsPolicy policy = TlsPolicy::intermediate;
    bool policy_by_file = false;  ///< the configuration says it, be it the default
    bool legacy_tls = false;      ///< chosen at the console: TLS 1.0 and 1.1 are let in, whatever the policy
    std::filesystem::path files;  ///< absolute; empty: no folder is served
    friend bool operator==(const InterfaceSettings&, const InterfaceSettings&) = default;
};

/// Where an HTTP proxy listens. It is told no password: a secret has no place in the configuration.
struct ProxyAddress {
    std::string host;  ///< a name, or an IP address without brackets; empty: there is no proxy
    std::uint16_t port = 0;
    [[nodiscard]] std::string text() const;  ///< as it is written in the configuration; "": none
    friend bool operator==(const ProxyAddress&, const ProxyAddress&) = default;
};

/// What the file says of a network; what it does not, operators choose at the admin door.
struct NetworkSettings {
    std::optional<std::vector<ListenAddress>> dns;  ///< servers; none: those of the system
    std::optional<std::string> source;              ///< an address, an interface; "": as the routes say
    ProxyAddress proxy;
    friend bool operator==(const NetworkSettings&, const NetworkSettings&) = default;
};

struct SelfSignedSettings {
    unsigned days = 3650;
    KeyType key_type = KeyType::ecdsa_p256;
    friend bool operator==(const SelfSignedSettings&, const SelfSignedSettings&) = default;
};

struct Limits {
    std::uint32_t connections = 10000;
    std::uint32_t connections_per_address = 1000;
    std::uint32_t handshake_seconds = 10;
    std::uint32_t header_seconds = 10;
    std::uint32_t idle_seconds = 75;
    std::uint32_t body_bytes_per_second = 1024;
    std::uint32_t header_bytes = 16384;
    std::uint64_t body_bytes = 1048576;
    friend bool operator==(const Limits&, const Limits&) = default;
};

/// What becomes of a sample that is submitted by its URL.
enum class UrlFetch { refuse, fetch };

struct SampleSettings {
    std::uint64_t body_bytes = 262144000;  ///< of one sample, as it is submitted
    std::uint64_t quota_bytes = 0;         ///< of all samples together; 0: no quota
    std::uint32_t keep_days = 0;           ///< 0: for ever
    std::uint64_t free_bytes = 268435456;  ///< what samples leave free on the disk
    UrlFetch url_fetch = UrlFetch::refuse;
    friend bool operator==(const SampleSettings&, const SampleSettings&) = default;
};

/// How the analysis engine is spoken to: clamd's INSTREAM, or docs/analysis.md.
enum class EngineProtocol { clamd, gatehouse };
[[nodiscard]] std::string_view name(EngineProtocol protocol);

struct AnalysisSettings {
    std::filesystem::path socket;  ///< absolute; empty: there is no engine
    EngineProtocol protocol = EngineProtocol::clamd;
    std::uint32_t at_once = 2;
    std::uint32_t seconds = 300;     ///< for one sample in all
    std::uint64_t sample_bytes = 0;  ///< larger ones are not analyzed; 0: what the engine takes
    friend bool operator==(const AnalysisSettings&, const AnalysisSettings&) = default;
};

/// What other services are told of samples that were found to be malicious.
struct DispositionSettings {
    static constexpr std::uint32_t most_at_once = 64;
    std::uint32_t malicious_score = 90;  ///< the least score that is told
    std::uint32_t at_once = 16;          ///< calls under way, to each service
    friend bool operator==(const DispositionSettings&, const DispositionSettings&) = default;
};

struct LogSettings {
    base::LogLevel level = base::LogLevel::info;
    base::LogFormat format = base::LogFormat::text;
    friend bool operator==(const LogSettings&, const LogSettings&) = default;
};

struct Settings {
    std::filesystem::path state_directory = "/var/lib/gatehouse";
    std::filesystem::path one_time_file;  ///< absolute after load; default STATE/otc.conf.json
    KeyPassphrase key_passphrase = KeyPassphrase::sealed;
    unsigned workers = 0;  ///< 0: one per core
    std::filesystem::path console_socket = "/run/gatehouse/console.sock";
    std::uint32_t hsts_seconds = 0;  ///< 0: no HSTS
    PerInterface<InterfaceSettings> interfaces;
    PerNetwork<NetworkSettings> networks;
    SelfSignedSettings self_signed;
    /// Days before a certificate's end at which operators are told.
    std::vector<unsigned> expiry_days = {60, 30, 14, 7, 3, 1};
    Limits limits;
    SampleSettings samples;
    AnalysisSettings analysis;
    DispositionSettings dispositions;
    LogSettings log;
    friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace gatehouse::config
