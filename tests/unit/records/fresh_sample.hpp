// Samples for the tests of the rooms that keep them.
#pragma once

#include "records/samples.hpp"
#include "tests/unit/records/box.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gatehouse::tests {

/// Digests that belong to nothing, one for each `seed` of up to eight hex digits.
inline records::Content content(std::string seed, std::int64_t size = 100) {
    const auto digest = [&](std::size_t digits) { return seed + std::string(digits - seed.size(), '0'); };
    return {digest(64), digest(40), digest(32), size};
}

/// Ada (1) and Bea (2) are of organization 10, Cem (3) of 20; Root sees all and is of 99.
inline constexpr records::Viewer ada{1, 10, false};
inline constexpr records::Viewer bea{2, 10, false};
inline constexpr records::Viewer cem{3, 20, false};
inline constexpr records::Viewer root{4, 99, true};

/// How many samples are in that state, by the running totals.
inline std::int64_t kept_in(records::Database& database, records::SampleState state) {
    const auto rows = database.query("SELECT samples FROM kept_samples WHERE state = $1", {records::name(state)});
    INFO((rows ? "" : rows.error().text()));
    REQUIRE(rows);
    return rows->empty() ? 0 : rows->front().integer(0);
}

inline std::string login_of(const records::Viewer& viewer) {
    return viewer.user_id == 1 ? "ada" : viewer.user_id == 2 ? "bea" : viewer.user_id == 3 ? "cem" : "root";
}

inline records::NewSample fresh_sample(const records::Viewer& who, std::string filename, records::Content what) {
    records::NewSample fresh;
    fresh.content = std::move(what);
    fresh.owner = {who.user_id, who.organization_id, false};
    fresh.login = login_of(who);
    fresh.filename = std::move(filename);
    return fresh;
}

inline records::Sample submitted(records::Database& database, const records::NewSample& fresh,
                                 records::Time when = new_year) {
    auto sample = records::Samples(database).submit(fresh, when);
    INFO((sample ? "" : sample.error().text()));
    REQUIRE(sample);
    return std::move(*sample);
}

inline records::Sample submitted(records::Database& database, const records::Viewer& who, std::string filename,
                                 std::string seed = "a", records::Time when = new_year) {
    return submitted(database, fresh_sample(who, std::move(filename), content(std::move(seed))), when);
}

inline std::vector<std::int64_t> numbers(const std::vector<records::Sample>& samples) {
    std::vector<std::int64_t> all;
    for (const records::Sample& sample : samples)
        all.push_back(sample.number);
    return all;
}

inline records::SamplePage page_of(records::Database& database, const records::Viewer& viewer,
                                   const records::SampleFilter& filter, const records::SamplePaging& paging = {}) {
    auto page = records::Samples(database).page(viewer, filter, paging);
    INFO((page ? "" : page.error().text()));
    REQUIRE(page);
    return std::move(*page);
}

/// Numbers of what a filter finds, the newest first.
inline std::vector<std::int64_t> found(records::Database& database, const records::Viewer& viewer,
                                       const records::SampleFilter& filter, const records::SamplePaging& paging = {}) {
    return numbers(page_of(database, viewer, filter, paging).samples);
}

using Numbers = std::vector<std::int64_t>;

}  // namespace gatehouse::tests
