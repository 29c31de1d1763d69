// What the operator told us: every option, its type and its default (the contract is docs/operating.md). A plain value,
// made by config/load, then shared as an immutable snapshot; any thread.
#pragma once

#include "base/log.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
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

/// ADDRESS:PORT with a literal IPv4 or bracketed IPv6 address. [::] takes IPv4 too (see server/net/listen).
struct ListenAddress {
    std::string host;  ///< without brackets
    std::uint16_t port = 0;
    [[nodiscard]] std::string text() const;  ///< as it is written in the configuration
    friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

enum class TlsPolicy { intermediate, modern };
[[nodiscard]] std::string_view name(TlsPolicy policy);

enum class KeyType { ecdsa_p256, rsa_2048, rsa_3072, rsa_4096, ed25519 };
[[nodiscard]] std::string_view name(KeyType type);

/// What becomes of a passphrase once it opened a key.
enum class KeyPassphrase { sealed, memory };

struct InterfaceSettings {
    std::vector<ListenAddress> listen;
    std::vector<ListenAddress> redirect;  ///< plain-HTTP addresses that only redirect here
    std::string hostname;                 ///< as configured; empty: the system's (config/hostname)
    std::filesystem::path certificate;    ///< absolute after load
    std::filesystem::path key;            ///< absolute after load
    TlsPolicy policy = TlsPolicy::intermediate;
    std::filesystem::path files;  ///< absolute; empty: no folder is served
    friend bool operator==(const InterfaceSettings&, const InterfaceSettings&) = default;
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
    SelfSignedSettings self_signed;
    Limits limits;
    LogSettings log;
    friend bool operator==(const Settings&, const Settings&) = default;
};

}  // namespace gatehouse::config
