// Which warnings of an upload its uploader has confirmed, and which are still to be. Pure; any thread.
#pragma once

#include "certstore/findings.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::certstore {

/// The codes in a text such as "expired,hostname_mismatch"; spaces around them are passed over. Errors:
/// input/confirm_invalid (a code that no upload can warn with: a typing error, or a refusal, which nobody can confirm).
[[nodiscard]] base::Result<std::vector<std::string>> confirmed_codes(std::string_view text);

/// The warnings among the findings whose codes are not among `confirmed`, in their order. Notes need no confirmation;
/// refusals take none and are not listed: see `refuses`.
[[nodiscard]] std::vector<Finding> unconfirmed(std::span<const Finding> findings,
                                               std::span<const std::string> confirmed);

}  // namespace gatehouse::certstore
