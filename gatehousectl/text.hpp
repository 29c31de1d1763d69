// Values as people read them on a terminal: widths, fingerprints, times, durations. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl {

/// Columns that `text` takes on a terminal: none for a combining mark, two for a wide character.
[[nodiscard]] std::size_t columns_of(std::string_view text);

/// The longest part from the beginning of `text` that takes at most `columns`, in bytes, and never between a character
/// and its marks; at least one character.
[[nodiscard]] std::size_t bytes_within(std::string_view text, std::size_t columns);

/// A fingerprint in groups of eight digits.
[[nodiscard]] std::string grouped(std::string_view hex);

/// "2026-03-02T09:58:11.123Z" as "2026-03-02 09:58:11 UTC"; anything else unchanged.
[[nodiscard]] std::string time_text(std::string_view rfc3339);

/// The two greatest units, e.g. "1 day 4 hours", "12 seconds".
[[nodiscard]] std::string duration_text(std::int64_t seconds);

/// "1 day", "2 days".
[[nodiscard]] std::string counted(std::int64_t count, std::string_view noun);

}  // namespace gatehouse::gatehousectl
