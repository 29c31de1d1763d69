#include "server/clean/sample_census.hpp"

#include "records/retention.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::clean {

namespace {

using base::Result;
using records::Database;

constexpr std::string_view digits = "0123456789abcdef";

// The checksums with that prefix that rows refer to.
Result<std::vector<std::string>> known_under(Database& database, const std::string& prefix) {
    std::vector<std::string> known;
    std::string after = prefix;
    for (;;) {
        const auto page = records::Retention(database).known_contents(after);
        if (!page) return base::fail(page.error());
        for (const auto& content : *page) {
            if (!content.sha256.starts_with(prefix)) return known;
            known.push_back(content.sha256);
        }
        if (page->empty()) return known;
        after = page->back().sha256;
    }
}

struct Sum {
    std::uint64_t removed = 0;
    std::uint64_t missing = 0;
    std::uint64_t unknown = 0;
};

void report(base::Log& log, const SampleStore::Difference& difference, Sum& sum) {
    constexpr std::uint64_t most_told = 100;
    sum.removed += difference.removed;
    for (const std::string& sha256 : difference.missing) {
        if (sum.missing++ < most_told) {
            log.error("sample.missing", "The file of the sample " + sha256 + " is not in the store.",
                      {{"sha256", sha256}});
        }
    }
    for (const auto& path : difference.unknown) {
        if (sum.unknown++ < most_told)
            log.warning("sample.unknown_file", path.string() + " is no sample; it is left alone.", {});
    }
}

}  // namespace

boost::asio::awaitable<Result<void>> compare_samples(const SampleServices& samples) {
    Sum sum;
    for (const char first : digits) {
        for (const char second : digits) {
            const std::string prefix{first, second};
            std::optional<SampleStore::Shelf> shelf;
            const auto look = [&]() -> Result<void> {
                auto seen = samples.store->look(prefix);
                if (!seen) return base::fail(seen.error());
                shelf.emplace(std::move(*seen));
                return {};
            };
            if (auto looked = co_await samples.writing.run(look, net::Queueing::always); !looked) co_return looked;
            auto known = co_await samples.door.archive->run(
                [&](Database& database) { return known_under(database, prefix); }, net::Queueing::always);
            if (!known) co_return base::fail(known.error());
            const auto settle = [&] {
                auto settled = samples.store->settle(*shelf, std::move(*known));
                shelf.reset();  // here, because it waits for locks
                return settled;
            };
            const auto difference = co_await samples.writing.run(settle, net::Queueing::always);
            if (!difference) co_return base::fail(difference.error());
            report(samples.door.log, *difference, sum);
        }
    }
    samples.door.log.info("samples.compared",
                          "The store of samples was compared with the database: " + std::to_string(sum.removed) +
                              " files that nobody refers to were removed, " + std::to_string(sum.missing) +
                              " samples have no file.",
                          {{"removed", std::to_string(sum.removed)}, {"missing", std::to_string(sum.missing)}});
    co_return Result<void>();
}

}  // namespace gatehouse::clean
