#include "server/samples/retention.hpp"

#include "base/broken_promise.hpp"
#include "records/audit.hpp"
#include "records/retention.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <exception>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::samples {

namespace {

namespace asio = boost::asio;
using base::Result;
using records::Database;
using Json = nlohmann::ordered_json;

constexpr std::size_t batch = 100;  // of one transaction

struct Leaving {
    std::vector<records::Forgettable> samples;
    std::string_view why;
};

using Intents = std::vector<ContentHolds::Intent>;

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

Result<std::size_t> forget(Database& database, const Leaving& leaving) {
    std::vector<std::int64_t> numbers;
    numbers.reserve(leaving.samples.size());
    for (const auto& one : leaving.samples)
        numbers.push_back(one.number);
    auto transaction = records::Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    auto forgotten = records::Retention(database).forget(numbers);
    if (!forgotten) return base::fail(forgotten.error());
    if (auto recorded = record(database, *forgotten, leaving.why); !recorded) return base::fail(recorded.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return forgotten->samples.size();
}

Result<Leaving> next_to_leave(Database& database, const config::SampleSettings& settings, std::uint64_t used) {
    records::Retention retention(database);
    if (settings.keep_days > 0) {
        auto oldest = retention.older_than(records::now() - std::chrono::days(settings.keep_days), batch);
        if (!oldest) return base::fail(oldest.error());
        if (!oldest->empty()) return Leaving{std::move(*oldest), "age"};
    }
    if (settings.quota_bytes > 0) {
        const auto known = retention.totals();
        if (!known) return base::fail(known.error());
        const auto known_bytes = static_cast<std::uint64_t>(known->bytes);
        const std::uint64_t most = kept_bytes(settings, used - std::min(used, known_bytes));
        auto oldest = retention.until(static_cast<std::int64_t>(most), batch);
        if (!oldest) return base::fail(oldest.error());
        if (!oldest->empty()) return Leaving{std::move(*oldest), "size"};
    }
    return Leaving();
}

// Before the rows go. A full disk keeps nothing from being deleted: were the machine to stop just then, a file would
// stay that nobody refers to, and be told.
Result<Intents> mark_contents(SampleStore& store, const std::vector<records::Forgettable>& samples) {
    std::set<std::string> contents;
    for (const auto& one : samples) {
        if (!one.sha256.empty()) contents.insert(one.sha256);
    }
    Intents planned;
    planned.reserve(contents.size());
    for (const std::string& sha256 : contents)
        planned.push_back(store.plan_removal(sha256));
    const auto marked = store.mark(planned);
    if (!marked && marked.error().code != "disk_full") return base::fail(marked.error());
    return planned;
}

Result<std::vector<bool>> known_among(Database& database, const Intents& planned) {
    std::vector<bool> known;
    for (const auto& intent : planned) {
        const auto one = records::Retention(database).is_known(intent.sha256());
        if (!one) return base::fail(one.error());
        known.push_back(*one);
    }
    return known;
}

Result<void> settle(SampleStore& store, const Intents& planned, const std::vector<bool>& known) {
    Result<void> outcome;
    for (std::size_t i = 0; i < planned.size(); ++i) {
        const auto settled = store.settle(planned[i], known[i]);
        if (!settled) outcome = base::fail(settled.error());
    }
    return outcome;
}

// The database is asked after the plan: who submits one of them meanwhile is seen by one or the other.
asio::awaitable<Result<void>> settle_planned(const Storage& storage, Intents planned) {
    if (planned.empty()) co_return Result<void>();
    const auto known = co_await storage.archive->run([&](Database& database) { return known_among(database, planned); },
                                                     net::Queueing::always);
    if (!known) co_return base::fail(known.error());
    const auto settle_all = [&] {
        auto settled = settle(*storage.store, planned, *known);
        planned.clear();  // here, because it waits for locks
        return settled;
    };
    co_return co_await storage.writing.run(settle_all, net::Queueing::always);
}

void tell_not_settled(const Storage& storage, const base::Error& error) {
    storage.log.warning("sample.not_removed",
                        "Whether files of samples that are gone, or were refused, are still referred to was not "
                        "settled, or they could not be removed. " +
                            error.text() + " It is tried again every minute.",
                        {{"code", error.code}});
}

}  // namespace

std::uint64_t kept_bytes(const config::SampleSettings& settings, std::uint64_t unknown) {
    constexpr std::uint64_t least_share = 10;
    const std::uint64_t quota = settings.quota_bytes;
    const std::uint64_t room = std::max(quota / least_share, settings.body_bytes);
    return quota - std::min(quota / 2, room + std::min(quota, unknown));
}

asio::awaitable<void> let_go(const Storage& storage, HeldContent held) {
    const auto plan = [&]() -> Result<Intents> {
        Intents planned;
        held.hold.release();
        if (storage.store->is_marked(held.content.sha256))
            planned.push_back(storage.store->plan_removal(held.content.sha256));
        return planned;
    };
    auto planned = co_await storage.writing.run(plan, net::Queueing::always);
    if (!planned) co_return;
    const auto settled = co_await settle_planned(storage, std::move(*planned));
    if (!settled) tell_not_settled(storage, settled.error());
}

asio::awaitable<Result<void>> settle_marked(const Storage& storage) {
    const auto list = [&] { return storage.store->unsettled(); };
    auto planned = co_await storage.writing.run(list, net::Queueing::always);
    if (!planned) co_return base::fail(planned.error());
    co_return co_await settle_planned(storage, std::move(*planned));
}

void settle_rest(const Storage& storage, Database& database) {
    const auto planned = storage.store->unsettled();
    if (!planned) return tell_not_settled(storage, planned.error());
    const auto known = known_among(database, *planned);
    if (!known) return tell_not_settled(storage, known.error());
    if (const auto settled = settle(*storage.store, *planned, *known); !settled)
        tell_not_settled(storage, settled.error());
}

Retention::Retention(const asio::any_io_executor& executor, const Storage& storage, std::chrono::milliseconds pause)
    : timer_(executor), storage_(storage), pause_(pause) {}

void Retention::start() {
    asio::co_spawn(timer_.get_executor(), run(), [self = shared_from_this()](const std::exception_ptr& thrown) {
        if (!thrown) return;
        const auto error = base::broken_promise(thrown);
        self->storage_.log.error("samples.not_deleted", error.text(), {{"code", error.code}});
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
        co_await settle_left();
        const auto swept = co_await sweep();
        if (!swept && !stopped_) {
            storage_.log.error("samples.not_deleted", "Old samples were not deleted. " + swept.error().text(),
                               {{"code", swept.error().code}});
        }
        if (stopped_) co_return;
        timer_.expires_after(pause_);
        (void)co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

asio::awaitable<void> Retention::settle_left() {
    const auto settled = co_await settle_marked(storage_);
    if (!settled && !stopped_) tell_not_settled(storage_, settled.error());
}

asio::awaitable<void> Retention::record_refused() {
    const auto due = storage_.refusals.due(std::chrono::steady_clock::now());
    if (due.empty()) co_return;
    const auto recorded = co_await storage_.archive->run(
        [&](Database& database) -> Result<void> {
            archive::record_refusals(storage_.log, database, due, sample_refusals);
            return {};
        },
        net::Queueing::always);
    if (!recorded) {
        storage_.log.error("audit.failed",
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
        storage_.log.info("samples.deleted",
                          std::to_string(all) + " samples were deleted, because they were too old or took too much.",
                          {{"samples", std::to_string(all)}});
    }
    co_return all;
}

asio::awaitable<Result<std::size_t>> Retention::sweep_batch() {
    const auto settings = storage_.settings();
    const std::uint64_t used = storage_.store->used_bytes();
    const auto leaving =
        co_await storage_.archive->run([&](Database& database) { return next_to_leave(database, settings, used); });
    if (!leaving) co_return base::fail(leaving.error());
    if (leaving->samples.empty()) co_return std::size_t(0);
    const auto mark = [&] { return mark_contents(*storage_.store, leaving->samples); };
    auto marked = co_await storage_.writing.run(mark, net::Queueing::always);
    if (!marked) co_return base::fail(marked.error());
    const auto gone = co_await storage_.archive->run([&](Database& database) { return forget(database, *leaving); });
    const auto settled = co_await settle_planned(storage_, std::move(*marked));
    if (!settled && !stopped_) tell_not_settled(storage_, settled.error());
    co_return gone;
}

}  // namespace gatehouse::samples
