// The armour around keys and certificates: finds PEM blocks in any text (RFC 7468, headers of RFC 1421 section 4.6),
// strips it, and tells what a file is that holds none. Views point into the text they were found in. Pure; any thread.
#pragma once

#include "base/secret.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

/// One -----BEGIN label----- block as it stands.
struct ArmorBlock {
    std::string_view label;
    std::string_view body;  ///< between the two markers: headers and base64
    bool complete = false;  ///< its END marker follows, with the same label
};

/// Every block, in the order of the text. A BEGIN marker counts at the start of a line (spaces, tabs and a BOM before
/// it are passed over) or directly behind an END marker, which is what `cat` makes of files without a last newline.
[[nodiscard]] std::vector<ArmorBlock> find_blocks(std::string_view text);

/// The value of a header ("DEK-Info") of the block; nullopt: it has no such header.
[[nodiscard]] std::optional<std::string_view> header(const ArmorBlock& block, std::string_view name);

/// The bytes of the base64 part, white space ignored; nullopt: it is empty or no base64.
[[nodiscard]] std::optional<base::Secret> decode(const ArmorBlock& block);

/// The text that `decode` reads the bytes from: 64 characters a line. `headers` ("Name: value\n" each) stand before
/// them.
[[nodiscard]] base::Secret encode(std::string_view label, std::string_view bytes, std::string_view headers = {});

[[nodiscard]] bool is_certificate(const ArmorBlock& block);
/// Any private key, of whatever kind and whether it can be read or not.
[[nodiscard]] bool is_private_key(const ArmorBlock& block);

/// Why a text without a usable block cannot be read, and the command that converts it.
struct Foreign {
    std::string what;    ///< completes "FILE ...", e.g. "is a certificate in DER form, not PEM"
    std::string advice;  ///< names the command
};
/// What `text` is instead of PEM: empty, UTF-16, DER (certificate, key, PKCS#7, PKCS#12), or PEM of another kind.
/// `wants_key` chooses the command's options.
[[nodiscard]] Foreign recognise(std::string_view text, std::string_view file, bool wants_key);

}  // namespace gatehouse::certstore
