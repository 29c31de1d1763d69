#include "server/samples/sample_census.hpp"

#include "base/text.hpp"
#include "records/retention.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::samples {

namespace {

using base::Result;
using records::Database;

constexpr std::string_view hex_digits = "0123456789abcdef";

// The checksums with that prefix that rows refer to.
Result<std::vector<std::string>> known_under(Database& database, const std::string& prefix) {
    std::vector<std::string> known;
    std::string after = prefix;
    for (;;) {
        const auto page = records::Retention(database).known_contents(after);
        if (!page) return base::fail(page.error());
        for (const std::string& sha256 : *page) {
            if (!sha256.starts_with(prefix)) return known;
            known.push_back(sha256);
        }
        if (page->empty()) return known;
        after = page->back();
    }
}

// Of rows whose file is missing: those that are still there. The others went while the shelf was looked at.
Result<std::vector<std::string>> still_known(Database& database, const std::vector<std::string>& contents) {
    std::vector<std::string> known;
    for (const std::string& sha256 : contents) {
        const auto is_known = records::Retention(database).is_known(sha256);
        if (!is_known) return base::fail(is_known.error());
        if (*is_known) known.push_back(sha256);
    }
    return known;
}

struct Sum {
    std::uint64_t missing = 0;
    std::uint64_t foreign = 0;
    std::uint64_t unknown = 0;
    std::uint64_t unknown_bytes = 0;
    std::vector<std::string> unknown_names;  // some
};

void add(base::Log& log, const SampleStore::Difference& difference,
         const std::vector<std::filesystem::path>& foreign_files, Sum& sum) {
    constexpr std::uint64_t most_told = 100;
    constexpr std::size_t most_names = 10;
    for (const std::string& sha256 : difference.missing) {
        if (sum.missing++ < most_told) {
            log.error("sample.missing", "The file of the sample " + sha256 + " is not in the store.",
                      {{"sha256", sha256}});
        }
    }
    for (const auto& path : foreign_files) {
        if (sum.foreign++ < most_told)
            log.warning("sample.unknown_file", path.string() + " is no sample; it is left alone.", {});
    }
    for (const SampleStore::Unknown& file : difference.unknown) {
        ++sum.unknown;
        sum.unknown_bytes += file.bytes;
        if (sum.unknown_names.size() < most_names) sum.unknown_names.push_back(file.sha256);
    }
}

void report(const Storage& storage, const Sum& sum) {
    const std::string unknown = std::to_string(sum.unknown);
    const std::string bytes = std::to_string(sum.unknown_bytes);
    if (sum.unknown > 0) {
        storage.log.warning(
            "samples.unknown",
            unknown + (sum.unknown == 1 ? " file" : " files") + " in " + storage.folder.string() + " (" + bytes +
                " bytes) belong to no sample of the database, as after an older database was put back: " +
                base::joined(sum.unknown_names, ", ") +
                (sum.unknown > sum.unknown_names.size() ? " and others." : ".") +
                " They are kept. Put back the database that knows them, submit them anew, or remove them while the "
                "daemon is stopped.",
            {{"files", unknown}, {"bytes", bytes}});
    }
    storage.log.info("samples.compared",
                     "The store of samples was compared with the database: " + unknown +
                         " files belong to no sample, " + std::to_string(sum.missing) + " samples have no file.",
                     {{"unknown", unknown}, {"missing", std::to_string(sum.missing)}});
}

using Shelf = std::optional<SampleStore::Shelf>;

boost::asio::awaitable<Result<void>> compare_shelf(const Storage& storage, std::string prefix, Sum& sum) {
    Shelf shelf;
    const auto look = [&]() -> Result<void> {
        auto seen = storage.store->look(prefix);
        if (!seen) return base::fail(std::move(seen.error()));
        shelf.emplace(std::move(*seen));
        return {};
    };
    if (auto looked = co_await storage.writing.run(look, net::Queueing::always); !looked) co_return looked;
    auto known = co_await storage.archive->run([&](Database& database) { return known_under(database, prefix); },
                                               net::Queueing::always);
    if (!known) co_return base::fail(std::move(known.error()));
    std::vector<std::filesystem::path> foreign;
    const auto compare = [&]() -> Result<SampleStore::Difference> {
        auto difference = storage.store->compare(*shelf, std::move(*known));
        foreign = std::move(shelf->foreign);
        shelf.reset();  // here, because it waits for locks
        return difference;
    };
    auto difference = co_await storage.writing.run(compare, net::Queueing::always);
    if (!difference) co_return base::fail(std::move(difference.error()));
    if (!difference->missing.empty()) {
        auto missing = co_await storage.archive->run(
            [&](Database& database) { return still_known(database, difference->missing); }, net::Queueing::always);
        if (!missing) co_return base::fail(std::move(missing.error()));
        difference->missing = std::move(*missing);
    }
    add(storage.log, *difference, foreign, sum);
    co_return Result<void>();
}

}  // namespace

boost::asio::awaitable<Result<void>> compare_samples(const Storage& storage) {
    const auto expected = co_await storage.archive->run(
        [](Database& database) { return records::Retention(database).totals(); }, net::Queueing::always);
    if (!expected) co_return base::fail(expected.error());
    storage.store->expect(static_cast<std::uint64_t>(expected->bytes));
    Sum sum;
    for (const char first : hex_digits) {
        for (const char second : hex_digits) {
            std::string prefix{first, second};
            auto compared = co_await compare_shelf(storage, std::move(prefix), sum);
            if (!compared) co_return compared;
        }
    }
    report(storage, sum);
    co_return Result<void>();
}

}  // namespace gatehouse::samples
