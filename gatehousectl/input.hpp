// What a command is given from outside the command line: files (pipes and <(...) too), passphrases and passwords, which
// never stand on the command line because everybody sees that. Main's thread; may wait for a pipe or a person.
#pragma once

#include "base/secret.hpp"
#include "gatehousectl/failure.hpp"
#include "gatehousectl/terminal.hpp"

#include <cstddef>
#include <filesystem>
#include <string_view>

namespace gatehouse::gatehousectl {

/// Bytes that a file of certificates or keys may have, as the API takes them.
inline constexpr std::size_t largest_upload = 1024UL * 1024;

/// All of a file, a pipe, or standard input ("-").
[[nodiscard]] Outcome<base::Secret> read_input(const std::filesystem::path& path, std::size_t limit);

/// Where a secret comes from: `file`'s first line, if one is named; else the terminal, without showing it; else, where
/// stdin is no terminal, one line of stdin. 1 to 1024 bytes.
struct SecretQuestion {
    std::string_view what;       ///< "passphrase", "password"
    std::string_view question;   ///< as the terminal shows it
    std::filesystem::path file;  ///< empty: none was named
    bool twice = false;          ///< on a terminal it is typed twice
};
[[nodiscard]] Outcome<base::Secret> obtain(const Terminal& terminal, const SecretQuestion& question);

}  // namespace gatehouse::gatehousectl
