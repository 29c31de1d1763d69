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

constexpr std::int64_t no_bound = 1'000'000;  // the queue itself bounds how many are under way

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

AnalysisDesk::AnalysisDesk(asio::any_io_executor executor, const Services& services, const SampleStore& store,
                           std::function<void()> wake, Dissemination dissemination)
    : executor_(std::move(executor)),
      services_(services),
      store_(store),
      wake_(std::move(wake)),
      dissemination_(std::move(dissemination)) {}

integrations::AnalysisWork AnalysisDesk::work() {
    const auto self = shared_from_this();
    return {.take = [self] { return self->take(); },
            .judged = [self](std::string id,
                             const integrations::Verdict& verdict) { return self->judged(std::move(id), verdict); },
            .failed =
                [self](std::string id, base::Error why, std::optional<std::chrono::seconds> again_in) {
                    return self->failed(std::move(id), std::move(why), again_in);
                },
            .put_back = [self](std::string id) { return self->put_back(std::move(id)); }};
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
        [](Database& database) { return records::AnalysisQueue(database).take(records::now(), no_bound); });
    if (!taken) co_return base::fail(taken.error());
    if (!*taken) co_return std::nullopt;
    const records::Sample& sample = (*taken)->sample;
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
    if (again_in && !stopped_) {
        retry_later(std::move(id), why.message, *again_in);
        co_return Result<void>();
    }
    const bool again = again_in.has_value();
    Change change = [message = why.message, again](Database& database, std::int64_t number) {
        records::AnalysisQueue queue(database);
        return again ? queue.retry(number, message, records::now()) : queue.fail(number, message, records::now());
    };
    co_return co_await settle(std::move(id), std::move(change));
}

// Until then nobody can take it, because it counts as running.
void AnalysisDesk::retry_later(std::string id, std::string message, std::chrono::seconds in) {
    const auto pause = pauses_.emplace(pauses_.end(), executor_, in);
    pause->async_wait([self = shared_from_this(), pause, id = std::move(id),
                       message = std::move(message)](const boost::system::error_code& cancelled) {
        self->pauses_.erase(pause);
        if (cancelled) return;
        auto retry = [message](Database& database, std::int64_t number) {
            return records::AnalysisQueue(database).retry(number, message, records::now());
        };
        auto done = [self](const std::exception_ptr& thrown, Result<void> retried) {
            if (thrown) retried = base::fail(base::broken_promise(thrown));
            if (!retried) {
                self->services_.log.error(
                    "analysis.not_recorded",
                    "A sample is not tried again before the next start. " + retried.error().text(),
                    {{"code", retried.error().code}});
            }
            self->wake_();
        };
        asio::co_spawn(self->executor_, self->settle(id, std::move(retry)), std::move(done));
    });
}

AnalysisDesk::Later<void> AnalysisDesk::put_back(std::string id) {
    return settle(std::move(id), [](Database& database, std::int64_t number) {
        return records::AnalysisQueue(database).put_back(number);
    });
}

void AnalysisDesk::stop() {
    stopped_ = true;
    for (asio::steady_timer& pause : pauses_)
        pause.cancel();
}

}  // namespace gatehouse::clean
