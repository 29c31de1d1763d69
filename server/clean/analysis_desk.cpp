#include "server/clean/analysis_desk.hpp"

#include "base/broken_promise.hpp"
#include "records/dispositions.hpp"
#include "server/clean/sample_events.hpp"
#include "server/clean/sample_shapes.hpp"

#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <iterator>
#include <utility>
#include <vector>

namespace gatehouse::clean {

namespace {

namespace asio = boost::asio;
using base::Result;
using records::Database;

records::Verdict verdict_of(const integrations::Verdict& verdict) {
    records::Verdict kept;
    kept.score = verdict.score;
    for (const auto& one : verdict.behaviours)
        kept.behaviours.push_back({one.name, one.title, one.severity, one.confidence, one.detail});
    kept.report = report_text(verdict);
    return kept;
}

// Neither a verdict nor what others are to be told of it is ever kept without the other.
Result<records::Sample> judge_and_queue(Database& database, std::int64_t number, const records::Verdict& verdict,
                                        std::int64_t malicious_score) {
    const records::Time now = records::now();
    auto transaction = records::Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    auto sample = records::AnalysisQueue(database).judge(number, verdict, now);
    if (!sample) return sample;
    const auto queued = records::Dispositions(database).enqueue(*sample, malicious_score, now);
    if (!queued) return base::fail(queued.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return sample;
}

// Nobody has it any more: it was settled before, or forgotten meanwhile.
bool is_settled(const base::Error& error) {
    return error.code == "not_running" || error.code == "no_sample";
}

}  // namespace

AnalysisDesk::AnalysisDesk(const Services& services, const samples::SampleStore& store, Dissemination dissemination)
    : services_(services), store_(store), dissemination_(std::move(dissemination)) {}

integrations::AnalysisWork AnalysisDesk::work() {
    const auto self = shared_from_this();
    return {.take = [self] { return self->take(); },
            .sent = [self](std::string id) { return self->sent(std::move(id)); },
            .judged = [self](std::string id,
                             const integrations::Verdict& verdict) { return self->judged(std::move(id), verdict); },
            .failed =
                [self](std::string id, base::Error why, std::optional<std::chrono::seconds> again_in) {
                    return self->failed(std::move(id), std::move(why), again_in);
                },
            .put_back =
                [self](std::string id, std::optional<std::chrono::seconds> again_in) {
                    return self->put_back(std::move(id), again_in);
                }};
}

asio::awaitable<Result<void>> AnalysisDesk::resume() {
    const auto resumed = co_await services_.archive->run(
        [](Database& database) { return records::AnalysisQueue(database).resume(records::now()); });
    if (!resumed) co_return base::fail(resumed.error());
    if (!resumed->waiting.empty() || !resumed->failed.empty()) {
        services_.log.info("analysis.resumed",
                           std::to_string(resumed->waiting.size()) +
                               " samples whose analysis was broken off wait again, " +
                               std::to_string(resumed->failed.size()) + " were tried often enough.",
                           {});
    }
    co_return Result<void>();
}

AnalysisDesk::Later<std::optional<integrations::Turn>> AnalysisDesk::take() {
    const auto taken = co_await services_.archive->run(
        [](Database& database) { return records::AnalysisQueue(database).take(records::now()); });
    if (!taken) co_return base::fail(taken.error());
    if (!*taken) co_return std::nullopt;
    const records::Sample& sample = **taken;
    under_way_[sample.id] = sample.number;
    tell_sample_changed(services_.events, sample);
    Turn turn;
    turn.attempt = static_cast<unsigned>(sample.attempts);
    turn.sample.id = sample.id;
    turn.sample.filename = sample.filename;
    if (sample.content) {
        turn.sample.file = store_.place(sample.content->sha256);
        turn.sample.size = static_cast<std::uint64_t>(sample.content->size);
        turn.sample.sha256 = sample.content->sha256;
        turn.sample.sha1 = sample.content->sha1;
        turn.sample.md5 = sample.content->md5;
    }
    co_return turn;
}

AnalysisDesk::Later<void> AnalysisDesk::settle(std::string id, Change change) {
    const auto self = shared_from_this();
    const auto found = under_way_.find(id);
    if (found == under_way_.end()) co_return Result<void>();
    const std::int64_t number = found->second;
    auto settled = co_await services_.archive->run([&](Database& database) { return change(database, number); },
                                                   net::Queueing::always);
    if (!settled && !is_settled(settled.error())) co_return base::fail(settled.error());
    under_way_.erase(id);
    if (settled) tell_sample_changed(services_.events, *settled);
    co_return Result<void>();
}

AnalysisDesk::Later<void> AnalysisDesk::judged(std::string id, const integrations::Verdict& verdict) {
    return keep(std::move(id), std::make_shared<const records::Verdict>(verdict_of(verdict)));
}

AnalysisDesk::Later<void> AnalysisDesk::keep(std::string id, std::shared_ptr<const records::Verdict> verdict) {
    const auto self = shared_from_this();
    const std::int64_t malicious_score = dissemination_.malicious_score();
    Change change = [verdict, malicious_score](Database& database, std::int64_t number) {
        return judge_and_queue(database, number, *verdict, malicious_score);
    };
    auto settled = co_await settle(std::move(id), std::move(change));
    if (settled && verdict->score >= malicious_score) dissemination_.queued();
    co_return settled;
}

AnalysisDesk::Later<void> AnalysisDesk::failed(std::string id, base::Error why,
                                               std::optional<std::chrono::seconds> again_in) {
    Change change = [message = why.message, again_in](Database& database, std::int64_t number) {
        records::AnalysisQueue queue(database);
        const auto now = records::now();
        return again_in ? queue.retry(number, message, now, now + *again_in) : queue.fail(number, message, now);
    };
    co_return co_await settle(std::move(id), std::move(change));
}

// Where its verdict was faster there is nothing to tell.
AnalysisDesk::Later<void> AnalysisDesk::sent(std::string id) {
    const auto self = shared_from_this();
    const auto found = under_way_.find(id);
    if (found == under_way_.end()) co_return Result<void>();
    const std::int64_t number = found->second;
    const auto sent = co_await services_.archive->run(
        [&](Database& database) { return records::AnalysisQueue(database).working_in(number); });
    if (!sent && !is_settled(sent.error())) co_return base::fail(sent.error());
    if (sent) tell_sample_changed(services_.events, *sent);
    co_return Result<void>();
}

AnalysisDesk::Later<void> AnalysisDesk::put_back(std::string id, std::optional<std::chrono::seconds> again_in) {
    return settle(std::move(id), [again_in](Database& database, std::int64_t number) {
        const auto not_before = again_in ? std::optional(records::now() + *again_in) : std::nullopt;
        return records::AnalysisQueue(database).put_back(number, not_before);
    });
}

}  // namespace gatehouse::clean
