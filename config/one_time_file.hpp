// The one-time file: secrets an operator or image builder leaves for the daemon, which takes them and deletes the file.
// This room reads, judges and deletes it; server/credentials decides whether it is applied. Blocking; credentials
// thread.
#pragma once

#include "base/files.hpp"
#include "config/settings.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::config {

/// An account that a one-time file asks for. Whoever stores it judges the name, the password and so on.
struct OneTimeUser {
    std::string username;
    base::Secret password;
    std::string email;                       ///< may be empty
    std::string name;                        ///< may be empty
    std::string role;                        ///< empty: the role that may do everything
    Interface interface = Interface::admin;  ///< of which door
};

/// An API key that a user of the clean door shall have. Whoever stores it judges it.
struct OneTimeApiKey {
    std::string name;      ///< a label for who writes the file, may be empty; nothing is done with it
    std::string username;  ///< of a user that exists, or of one in the same file
    base::Secret key;
};

/// What a one-time file said.
struct OneTimeFile {
    PerInterface<std::optional<base::Secret>> keypass;
    /// "keypass" was one string: the same passphrase for whichever door needs it.
    bool shared_keypass = false;
    std::vector<OneTimeUser> users;
    std::vector<OneTimeApiKey> api_keys;
    /// Keyed digest of the file's bytes, inode and time of modification, 64 hex digits: tells the very file that was
    /// applied already from a new one, even if that says the same.
    std::string digest;
    /// Nothing but zero bytes: a crash left it between wiping and removing. It only has to go.
    bool wiped = false;
    /// The file that was read, for base::shred: a newer one under its name is not deleted unread.
    base::FileIdentity identity;
};

inline constexpr std::size_t largest_one_time_file = 64UL * 1024;  ///< bytes

/// Opens, checks and parses the file. nullopt: there is none. Errors: io/otc_unreadable (link, not regular, several
/// links, foreign owner, writable by others, larger than 64 KiB, no permission; the advice is the command that mends
/// it), input/otc_invalid (bad JSON, unknown member, wrong type, by its path). `digest_key` keys the digest:
/// Vault::digest_key, or one of the process where no vault is open.
[[nodiscard]] base::Result<std::optional<OneTimeFile>> read_one_time_file(const base::FileSystem& files,
                                                                          const std::filesystem::path& path,
                                                                          std::string_view digest_key);

/// The same from text, for tests and the fuzzer (digest left empty).
[[nodiscard]] base::Result<OneTimeFile> parse_one_time_file(std::string_view text, const std::filesystem::path& path);

}  // namespace gatehouse::config
