#include "records/analysis_queue.hpp"

#include "records/sample_rows.hpp"
#include "records/sample_words.hpp"
#include "records/text.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::records {

namespace {

using base::ErrorKind;
using base::Result;

constexpr std::size_t longest_message = 1024;
constexpr std::int64_t highest = 100;  // score, severity, confidence

bool has_engine(SampleState state) {
    return state == SampleState::run || state == SampleState::proc;
}

// The sample, which an engine must have.
Result<Sample> running_sample(Database& database, std::int64_t number) {
    auto sample = sample_by_number(database, number);
    if (!sample) return base::fail(sample.error());
    if (!*sample) return no_sample(std::to_string(number));
    if (!has_engine((*sample)->state)) {
        return base::fail(ErrorKind::conflict, "not_running", "Sample " + (*sample)->id + " is in no analysis.");
    }
    return std::move(**sample);
}

// Writes where a sample is on its way, and what it is found by.
Result<void> store(Database& database, const Sample& sample) {
    constexpr std::int64_t no_score = -1;
    const auto done = database.change(
        "UPDATE samples SET state = $2, attempts = $3, started_at = $4, completed_at = $5, message = $6, score = $7, "
        "severity = $8, confidence = $9 WHERE number = $1",
        {sample.number, name(sample.state), sample.attempts, sample.started_at, sample.completed_at, sample.message,
         sample.score.value_or(no_score), sample.severity, sample.confidence});
    if (!done) return base::fail(done.error());
    return index_sample(database, sample);
}

// A change of one sample that an engine has, as a transaction. `not_before`: when it may be taken again.
template <class Change>
Result<Sample> changed(Database& database, std::int64_t number, const Change& change,
                       std::optional<Time> not_before = std::nullopt) {
    auto transaction = Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    auto sample = running_sample(database, number);
    if (!sample) return sample;
    change(*sample);
    if (auto stored = store(database, *sample); !stored) return base::fail(stored.error());
    const auto paused = database.change("UPDATE samples SET not_before = $2 WHERE number = $1 AND not_before IS NOT $2",
                                        {number, not_before});
    if (!paused) return base::fail(paused.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return sample;
}

void end(Sample& sample, SampleState state, Time now) {
    sample.state = state;
    sample.completed_at = now;
}

void try_again(Sample& sample, std::string_view message, Time now, std::int64_t most_attempts) {
    sample.message = cut(storable(message), longest_message);
    if (sample.attempts < most_attempts) {
        sample.state = SampleState::wait;
    } else {
        end(sample, SampleState::fail, now);
    }
}

Behaviour bounded(const Behaviour& behaviour) {
    constexpr std::size_t longest_name = 128;
    constexpr std::size_t longest_title = 512;
    constexpr std::size_t longest_detail = 4096;
    const auto kept = [](const std::string& text, std::size_t most) { return std::string(cut(storable(text), most)); };
    return {kept(behaviour.name, longest_name), kept(behaviour.title, longest_title),
            std::clamp<std::int64_t>(behaviour.severity, 0, highest),
            std::clamp<std::int64_t>(behaviour.confidence, 0, highest), kept(behaviour.detail, longest_detail)};
}

// Stores behaviours and report of a sample; sets the highest severity and confidence in it.
Result<void> store_verdict(Database& database, Sample& sample, const Verdict& verdict) {
    constexpr std::size_t most_behaviours = 1000;
    sample.score = std::clamp<std::int64_t>(verdict.score, 0, highest);
    for (std::size_t place = 0; place < std::min(verdict.behaviours.size(), most_behaviours); ++place) {
        const Behaviour kept = bounded(verdict.behaviours[place]);
        sample.severity = std::max(sample.severity.value_or(0), kept.severity);
        sample.confidence = std::max(sample.confidence.value_or(0), kept.confidence);
        const auto added = database.change(
            "INSERT INTO behaviours (sample, place, name, title, severity, confidence, detail) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7)",
            {sample.number, static_cast<std::int64_t>(place), kept.name, kept.title, kept.severity, kept.confidence,
             kept.detail});
        if (!added) return base::fail(added.error());
    }
    if (verdict.report.empty()) return {};
    const auto added =
        database.change("INSERT INTO reports (sample, report) VALUES ($1, $2)", {sample.number, Bytes{verdict.report}});
    if (!added) return base::fail(added.error());
    return {};
}

}  // namespace

Result<std::optional<Sample>> AnalysisQueue::take(Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto next = database_->query(
        "SELECT number FROM samples WHERE state = 'wait' AND (not_before IS NULL OR not_before <= $1 OR not_before > "
        "$2) "
        "ORDER BY number LIMIT 1",
        {now, now + longest_pause});
    if (!next) return base::fail(next.error());
    if (next->empty()) return std::nullopt;
    auto sample = sample_by_number(*database_, next->front().integer(0));
    if (!sample) return base::fail(sample.error());
    Sample taken = std::move(sample->value());
    taken.state = SampleState::run;
    taken.attempts += 1;
    taken.started_at = now;
    if (auto stored = store(*database_, taken); !stored) return base::fail(stored.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return taken;
}

Result<Sample> AnalysisQueue::working_in(std::int64_t number) {
    return changed(*database_, number, [](Sample& sample) { sample.state = SampleState::proc; });
}

Result<Sample> AnalysisQueue::judge(std::int64_t number, const Verdict& verdict, Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    auto sample = running_sample(*database_, number);
    if (!sample) return sample;
    if (auto stored = store_verdict(*database_, *sample, verdict); !stored) return base::fail(stored.error());
    end(*sample, SampleState::succ, now);
    sample->message.clear();  // why an earlier attempt came to nothing
    if (auto stored = store(*database_, *sample); !stored) return base::fail(stored.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return sample;
}

Result<Sample> AnalysisQueue::fail(std::int64_t number, std::string_view message, Time now) {
    return changed(*database_, number, [&](Sample& sample) {
        sample.message = cut(storable(message), longest_message);
        end(sample, SampleState::fail, now);
    });
}

Result<Sample> AnalysisQueue::retry(std::int64_t number, std::string_view message, Time now,
                                    std::optional<Time> not_before) {
    return changed(
        *database_, number, [&](Sample& sample) { try_again(sample, message, now, most_attempts); }, not_before);
}

Result<Sample> AnalysisQueue::put_back(std::int64_t number, std::optional<Time> not_before) {
    const auto undo = [](Sample& sample) {
        sample.state = SampleState::wait;
        sample.attempts -= 1;
        sample.started_at.reset();
    };
    return changed(*database_, number, undo, not_before);
}

Result<AnalysisQueue::Resumed> AnalysisQueue::resume(Time now) {
    auto transaction = Transaction::begin(*database_);
    if (!transaction) return base::fail(transaction.error());
    const auto rows = database_->query("SELECT number FROM samples WHERE state IN ('run', 'proc') ORDER BY number");
    if (!rows) return base::fail(rows.error());
    Resumed resumed;
    for (const Row& row : *rows) {
        auto sample = running_sample(*database_, row.integer(0));
        if (!sample) return base::fail(sample.error());
        try_again(*sample, "The appliance stopped while this sample was analysed.", now, most_interrupted);
        if (auto stored = store(*database_, *sample); !stored) return base::fail(stored.error());
        (sample->state == SampleState::wait ? resumed.waiting : resumed.failed).push_back(sample->number);
    }
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return resumed;
}

}  // namespace gatehouse::records
