// The queue of the analysis: which sample comes next, and what became of it. Each change is one transaction and durable
// when it returns. Used like the Database it was given: by one thread at a time; blocking.
//
// A sample goes wait → run → proc → succ or fail. Whoever talks to the engine: `resume` once at the start; `take` until
// nothing comes; then for each one taken `working_in`, where it comes so far, and exactly one of `judge`, `fail`,
// `retry`, `put_back`.
#pragma once

#include "records/database.hpp"
#include "records/sample.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// Errors of all: those of Database; where a sample is named: not_found/no_sample (it was forgotten meanwhile) and
/// conflict/not_running (nobody has taken it).
class AnalysisQueue {
public:
    /// After so many attempts that ended without a word of the engine a sample fails: one that kills each engine must
    /// not be tried for ever.
    static constexpr std::int64_t most_attempts = 3;
    /// The same where the appliance itself stopped, for which the sample is hardly ever to blame: a box whose power is
    /// cut again and again has its samples judged all the same.
    static constexpr std::int64_t most_interrupted = 20;

    explicit AnalysisQueue(Database& database) : database_(&database) {}

    /// No pause before another attempt is longer: one that ends later than this from now was set by a clock that has
    /// been put back since, and is over.
    static constexpr std::chrono::hours longest_pause{1};

    /// Brings the oldest one that waits, and whose pause is over, to `run` and counts an attempt; nullopt: there is
    /// none.
    [[nodiscard]] base::Result<std::optional<Sample>> take(Time now);
    /// run → proc: the engine has all of it, and its verdict is awaited.
    [[nodiscard]] base::Result<Sample> working_in(std::int64_t number);
    /// Brings it to `succ` with the verdict; the sample as it is then. To do more in the same step (queue what is told
    /// to others about it), begin a Transaction, judge, do it, commit.
    [[nodiscard]] base::Result<Sample> judge(std::int64_t number, const Verdict& verdict, Time now);
    /// Brings it to `fail` for good; `message` is for people, cut at 1024 bytes.
    [[nodiscard]] base::Result<Sample> fail(std::int64_t number, std::string_view message, Time now);
    /// The attempt came to nothing: back to `wait`, for the next one not before `not_before`, or to `fail` with
    /// `message` after the last one.
    [[nodiscard]] base::Result<Sample> retry(std::int64_t number, std::string_view message, Time now,
                                             std::optional<Time> not_before = std::nullopt);
    /// The engine was not reached, or took nothing: back to `wait` as if it had not been taken.
    [[nodiscard]] base::Result<Sample> put_back(std::int64_t number, std::optional<Time> not_before = std::nullopt);

    /// What became of those that were running when the appliance went down.
    struct Resumed {
        std::vector<std::int64_t> waiting;  ///< their numbers: wait again
        std::vector<std::int64_t> failed;   ///< had no attempt left
    };
    [[nodiscard]] base::Result<Resumed> resume(Time now);

private:
    Database* database_;
};

}  // namespace gatehouse::records
