// What a list or search of samples is asked for, and what it gives. Values; any thread.
#pragma once

#include "records/sample.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::records {

/// All that is set must hold.
struct SampleFilter {
    bool own_only = false;           ///< the viewer's own
    bool organization_only = false;  ///< those of the viewer's organization (and its own private ones of it)
    std::optional<std::string> id = {};
    std::optional<std::string> md5 = {};       ///< hex, whole; another length or character finds nothing
    std::optional<std::string> sha1 = {};      ///< the same
    std::optional<std::string> sha256 = {};    ///< the same
    std::optional<std::string> checksum = {};  ///< any of the three
    std::optional<std::string> tag = {};       ///< exactly this tag, ASCII case aside
    std::optional<std::string> path = {};      ///< words of the file name that follow one another, the last may go on
    /// Free text of at most 256 bytes: each word is the beginning of a word of the file name, the URL, the login or a
    /// tag, or of 8 and more hex digits that a checksum begins with. Case and accents aside.
    std::optional<std::string> words = {};
    std::optional<SampleState> state = {};
    std::optional<std::int64_t> min_score = {};
    std::optional<Time> after = {};   ///< submitted at it or after
    std::optional<Time> before = {};  ///< submitted before it
};

/// submitted_at: the order they came in (by number), also where the clock was set back. filename: ASCII case aside.
/// score: those without one are the lowest.
enum class SampleSort { submitted_at, filename, score };
[[nodiscard]] std::string_view name(SampleSort sort);
[[nodiscard]] std::optional<SampleSort> sample_sort_of(std::string_view name);

/// Which page. By `cursor` (the portal: pages do not shift when samples come in) or by `offset` (the field's API: each
/// one costs what it skips).
struct SamplePaging {
    SampleSort sort = SampleSort::submitted_at;
    bool descending = true;
    std::size_t limit = 50;   ///< 1 to 1000; others are moved there
    std::size_t offset = 0;   ///< past the end: an empty page
    std::string cursor = {};  ///< "" for the first page, then what the page before said, with the same filter and sort
    bool count = false;       ///< fill in `total`
};

struct SamplePage {
    /// `total` is exact up to here. Beyond, it is a lower bound that is always more than what was given out as long as
    /// there is more, so that who pages until `total` misses nothing.
    static constexpr std::int64_t counted_up_to = 10'000;

    std::vector<Sample> samples;
    std::optional<std::string> next;  ///< cursor of the following page; nullopt: this is the last
    std::int64_t total = 0;           ///< where it was asked for
    bool total_is_exact = true;
};

}  // namespace gatehouse::records
