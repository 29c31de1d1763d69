#include "records/sample_tags.hpp"

#include "base/text.hpp"
#include "records/sample_rows.hpp"
#include "records/sample_words.hpp"
#include "records/text.hpp"

#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

// Writes what the sample is found by after its tags have changed; the tags.
Result<std::vector<std::string>> indexed_tags(Database& database, std::int64_t number) {
    auto sample = sample_by_number(database, number);
    if (!sample) return base::fail(sample.error());
    if (auto indexed = index_sample(database, sample->value()); !indexed) return base::fail(indexed.error());
    return std::move(sample->value().tags);
}

}  // namespace

Result<std::string> checked_tag(std::string_view tag) {
    constexpr std::size_t longest_tag = 128;
    const auto refused = [](const std::string& why) {
        return base::fail(ErrorKind::input, "tag_invalid", "A tag " + why + ".");
    };
    const std::string_view kept = base::trimmed(tag, " \t\r\n");
    if (kept.empty()) return refused("must not be empty");
    if (kept.size() > longest_tag) return refused("is longer than " + std::to_string(longest_tag) + " bytes");
    if (!is_printable(kept)) return refused("must be UTF-8 without control characters");
    if (kept.find(',') != std::string_view::npos) return refused("must not hold a comma");
    return std::string(kept);
}

Result<void> attach_tag(Database& database, std::int64_t number, std::string_view tag) {
    const std::string folded = lower_case(tag);
    const auto known =
        database.change("INSERT INTO tags (folded) VALUES ($1) ON CONFLICT (folded) DO NOTHING", {folded});
    if (!known) return base::fail(known.error());
    const auto added = database.change(
        "INSERT INTO sample_tags (sample, tag_id, tag) SELECT $1, id, $2 FROM tags WHERE folded = $3 "
        "ON CONFLICT (sample, tag_id) DO NOTHING",
        {number, tag, folded});
    if (!added) return base::fail(added.error());
    return {};
}

Result<std::vector<std::string>> SampleTags::list(const Viewer& viewer, std::string_view id) {
    auto sample = visible_sample(*database_, viewer, id);
    if (!sample) return base::fail(sample.error());
    return std::move(sample->tags);
}

Result<std::vector<std::string>> SampleTags::add(const Viewer& viewer, std::string_view id, std::string_view tag) {
    const auto kept = checked_tag(tag);
    if (!kept) return base::fail(kept.error());
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto sample = visible_sample(*database_, viewer, id);
    if (!sample) return base::fail(sample.error());
    if (auto added = attach_tag(*database_, sample->number, *kept); !added) return base::fail(added.error());
    auto tags = indexed_tags(*database_, sample->number);
    if (!tags) return tags;
    if (tags->size() > most_of_sample) {
        return base::fail(ErrorKind::conflict, "tags_too_many",
                          "This sample has " + std::to_string(most_of_sample) + " tags already.", "Remove one first.");
    }
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return tags;
}

Result<std::vector<std::string>> SampleTags::remove(const Viewer& viewer, std::string_view id, std::string_view tag) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto sample = visible_sample(*database_, viewer, id);
    if (!sample) return base::fail(sample.error());
    std::int64_t removed = 0;
    if (const auto kept = checked_tag(tag)) {  // no sample has another one
        const auto gone = database_->change(
            "DELETE FROM sample_tags WHERE sample = $1 AND tag_id = (SELECT id FROM tags WHERE folded = $2)",
            {sample->number, lower_case(*kept)});
        if (!gone) return base::fail(gone.error());
        removed = *gone;
    }
    if (removed == 0) {
        constexpr std::size_t shown = 128;
        return base::fail(ErrorKind::not_found, "no_tag", "This sample has no tag '" + printable(tag, shown) + "'.");
    }
    auto tags = indexed_tags(*database_, sample->number);
    if (!tags) return tags;
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return tags;
}

}  // namespace gatehouse::records
