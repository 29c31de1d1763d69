#include "server/clean/retention.hpp"

#include "base/broken_promise.hpp"
#include "records/audit.hpp"
#include "records/retention.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::clean {

namespace {

namespace asio = boost::asio;
using base::Result;
using records::Database;

constexpr std::size_t batch = 100;  // of one transaction

struct Gone {
    std::size_t samples = 0;
    std::vector<std::string> contents;
};

Json shape_of(const std::vector<records::Forgettable>& samples) {
    Json list = Json::array();
    for (const auto& one : samples) {
        constexpr std::size_t most_of_name = 64;  // a record has 16 KiB
        list.push_back({{"id", one.id}, {"sha256", one.sha256}, {"filename", one.filename.substr(0, most_of_name)}});
    }
    return list;
}

Result<void> record(Database& database, const records::Forgotten& forgotten, std::string_view why) {
    // Few at a time, so that a record has room for them whatever their names are made of.
    constexpr std::size_t of_record = 20;
    for (std::size_t at = 0; at < forgotten.samples.size(); at += of_record) {
        const std::size_t end = std::min(forgotten.samples.size(), at + of_record);
        const std::vector<records::Forgettable> some(forgotten.samples.begin() + static_cast<std::ptrdiff_t>(at),
                                                     forgotten.samples.begin() + static_cast<std::ptrdiff_t>(end));
        const Json detail{{"interface", "clean"}, {"reason", why}, {"samples", shape_of(some)}};
        const records::AuditEntry entry{.actor = "system",
                                        .via = records::Via::system,
                                        .address = {},
                                        .action = "samples.deleted",
                                        .object = std::to_string(some.size()),
                                        .refusal = {},
                                        .detail = detail.dump(-1, ' ', false, Json::error_handler_t::replace)};
        if (auto added = records::Audit(database).add(entry, records::now()); !added) return added;
    }
    return {};
}

Result<Gone> forget(Database& database, const std::vector<records::Forgettable>& oldest, std::string_view why) {
    std::vector<std::int64_t> numbers;
    numbers.reserve(oldest.size());
    for (const auto& one : oldest)
        numbers.push_back(one.number);
    auto transaction = records::Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    auto forgotten = records::Retention(database).forget(numbers);
    if (!forgotten) return base::fail(forgotten.error());
    if (auto recorded = record(database, *forgotten, why); !recorded) return base::fail(recorded.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return Gone{forgotten->samples.size(), std::move(forgotten->contents)};
}

Result<Gone> forget_some(Database& database, const config::SampleSettings& settings) {
    records::Retention retention(database);
    if (settings.keep_days > 0) {
        const auto oldest = retention.older_than(records::now() - std::chrono::days(settings.keep_days), batch);
        if (!oldest) return base::fail(oldest.error());
        if (!oldest->empty()) return forget(database, *oldest, "age");
    }
    if (settings.quota_bytes > 0) {
        const auto oldest = retention.until(static_cast<std::int64_t>(kept_bytes(settings)), batch);
        if (!oldest) return base::fail(oldest.error());
        if (!oldest->empty()) return forget(database, *oldest, "size");
    }
    return Gone();
}

}  // namespace

std::uint64_t kept_bytes(const config::SampleSettings& settings) {
    constexpr std::uint64_t least_share = 10;
    const std::uint64_t quota = settings.quota_bytes;
    return quota - std::min(quota / 2, std::max(quota / least_share, settings.body_bytes));
}

asio::awaitable<void> remove_unreferred(const SampleServices& samples, std::vector<std::string> contents) {
    if (contents.empty()) co_return;
    using Intents = std::vector<ContentHolds::Intent>;
    const auto plan = [&]() -> Result<Intents> {
        Intents intents;
        intents.reserve(contents.size());
        for (const std::string& sha256 : contents)
            intents.push_back(samples.store->plan_removal(sha256));
        return intents;
    };
    auto planned = co_await samples.writing.run(plan, net::Queueing::always);
    if (!planned) co_return;
    // Asked after the plan: who submits one of them meanwhile is seen by one or the other.
    const auto unknown = co_await samples.door.archive->run(
        [&](Database& database) -> Result<std::vector<bool>> {
            std::vector<bool> gone;
            for (const auto& intent : *planned) {
                const auto known = records::Retention(database).is_known(intent.sha256());
                if (!known) return base::fail(known.error());
                gone.push_back(!*known);
            }
            return gone;
        },
        net::Queueing::always);
    if (!unknown) co_return;
    const auto remove = [&]() -> Result<void> {
        Result<void> outcome;
        for (std::size_t i = 0; i < planned->size(); ++i) {
            if (!(*unknown)[i]) continue;
            const auto removed = samples.store->remove((*planned)[i]);
            if (!removed) outcome = base::fail(removed.error());
        }
        planned->clear();  // here, because it waits for locks
        return outcome;
    };
    const auto removed = co_await samples.writing.run(remove, net::Queueing::always);
    if (!removed) {
        samples.door.log.warning("sample.not_removed", removed.error().text() + " The file goes at the next start.",
                                 {{"code", removed.error().code}});
    }
}

Retention::Retention(const asio::any_io_executor& executor, const SampleServices& samples,
                     std::chrono::milliseconds pause)
    : timer_(executor), samples_(samples), pause_(pause) {}

void Retention::start() {
    asio::co_spawn(timer_.get_executor(), run(), [self = shared_from_this()](const std::exception_ptr& thrown) {
        if (!thrown) return;
        const auto error = base::broken_promise(thrown);
        self->samples_.door.log.error("samples.not_deleted", error.text(), {{"code", error.code}});
    });
}

void Retention::hasten() {
    timer_.cancel();
}

void Retention::stop() {
    stopped_ = true;
    timer_.cancel();
}

asio::awaitable<void> Retention::run() {
    const auto self = shared_from_this();
    while (!stopped_) {
        co_await record_refused();
        const auto swept = co_await sweep();
        if (!swept && !stopped_) {
            samples_.door.log.error("samples.not_deleted", "Old samples were not deleted. " + swept.error().text(),
                                    {{"code", swept.error().code}});
        }
        if (stopped_) co_return;
        timer_.expires_after(pause_);
        (void)co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<void> Retention::record_refused() {
    const auto due = samples_.refusals.due(std::chrono::steady_clock::now());
    if (due.empty()) co_return;
    const auto recorded = co_await samples_.door.archive->run(
        [&](Database& database) -> Result<void> {
            http::record_refusals(samples_.door.log, database, due, sample_refusals);
            return {};
        },
        net::Queueing::always);
    if (!recorded) {
        samples_.door.log.error("audit.failed",
                                "Submissions that were refused were not recorded. " + recorded.error().text(),
                                {{"code", recorded.error().code}, {"action", "sample.refused"}});
    }
}

asio::awaitable<Result<std::size_t>> Retention::sweep() {
    std::size_t all = 0;
    while (!stopped_) {
        const auto gone = co_await sweep_batch();
        if (!gone) co_return gone;
        if (*gone == 0) break;
        all += *gone;
    }
    if (all > 0) {
        samples_.door.log.info(
            "samples.deleted",
            std::to_string(all) + " samples were deleted, because they were too old or took too much.",
            {{"samples", std::to_string(all)}});
    }
    co_return all;
}

asio::awaitable<Result<std::size_t>> Retention::sweep_batch() {
    const auto settings = samples_.settings();
    auto gone =
        co_await samples_.door.archive->run([&](Database& database) { return forget_some(database, settings); });
    if (!gone) co_return base::fail(gone.error());
    co_await remove_unreferred(samples_, std::move(gone->contents));
    co_return gone->samples;
}

}  // namespace gatehouse::clean
