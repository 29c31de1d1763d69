// gatehousectl authorities: the certificates that outbound calls trust. Main's thread.
#pragma once

#include "gatehousectl/console.hpp"

#include <filesystem>
#include <vector>

namespace gatehouse::gatehousectl::commands {

struct AuthorityOptions {
    std::vector<std::filesystem::path> files;  ///< to add
    std::string fingerprint;                   ///< to remove; as a person types it, or its beginning
};

struct RetrieveOptions {
    std::string host;  ///< HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT
    std::string network;
    std::vector<std::string> trust;  ///< fingerprints to import
};

[[nodiscard]] Outcome<Exit> list_authorities(const Console& console);
[[nodiscard]] Outcome<Exit> add_authorities(const Console& console, const AuthorityOptions& options);
[[nodiscard]] Outcome<Exit> remove_authority(const Console& console, const AuthorityOptions& options);
/// Whether the system's public CAs are trusted too.
[[nodiscard]] Outcome<Exit> system_authorities_status(const Console& console);
[[nodiscard]] Outcome<Exit> enable_system_authorities(const Console& console);
[[nodiscard]] Outcome<Exit> disable_system_authorities(const Console& console);
/// Shows a server's chain; then imports what `trust` names, or what a person in front chooses.
[[nodiscard]] Outcome<Exit> retrieve_authorities(const Console& console, const RetrieveOptions& options);

/// The items of GET /authorities for people.
[[nodiscard]] std::string authorities_text(const nlohmann::json& authorities, std::size_t width);
/// The answer of POST /authorities/retrieve for people.
[[nodiscard]] std::string retrieved_text(const nlohmann::json& retrieved, std::size_t width);

struct Destination {
    std::string host;
    unsigned port = 0;  ///< 0: none was named
};
/// Misuse where the port is none. A bare IPv6 address has no port.
[[nodiscard]] Outcome<Destination> parse_destination(const std::string& text);

/// The one of `certificates` whose fingerprint begins with `typed`, whatever its case, colons and spaces; at least
/// eight digits. Refused where none does, or more than one.
[[nodiscard]] Outcome<std::string> matching_fingerprint(const std::vector<std::string>& fingerprints,
                                                        const std::string& typed);

}  // namespace gatehouse::gatehousectl::commands
