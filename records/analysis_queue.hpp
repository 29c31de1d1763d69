// The queue of the analysis: which sample comes next, and what became of it. Each change is one transaction and durable
// when it returns. Used like the Database it was given: by one thread at a time; blocking.
//
// A sample goes wait → run → proc → succ or fail. Whoever talks to the engine: `resume` once at the start; `take` until
// nothing comes; then for each one taken exactly one of `judge`, `fail`, `retry`, `put_back`.
#pragma once

#include "records/database.hpp"
#include "records/sample.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// How many samples are in each state.
struct StateCounts {
    std::array<std::int64_t, 6> of{};  ///< by SampleState
    [[nodiscard]] std::int64_t operator[](SampleState state) const { return of.at(static_cast<std::size_t>(state)); }
};

/// A sample that an engine is to be given.
struct Taken {
    Sample sample;
    std::optional<std::string> sealed_password;  ///< as it was submitted
};

/// Errors of all: those of Database; where a sample is named: not_found/no_sample (it was forgotten meanwhile) and
/// conflict/not_running (nobody has taken it).
class AnalysisQueue {
public:
    /// After so many attempts that ended without a word of the engine (a crash of it or of the appliance) a sample
    /// fails: one that kills each engine must not be tried for ever.
    static constexpr std::int64_t most_attempts = 3;

    explicit AnalysisQueue(Database& database) : database_(&database) {}

    /// Brings the oldest one that waits to `run` and counts an attempt; nullopt where none waits, or `at_once` are
    /// running already.
    [[nodiscard]] base::Result<std::optional<Taken>> take(Time now, std::int64_t at_once);
    /// run → proc: the engine is done, its answer is being worked in.
    [[nodiscard]] base::Result<void> working_in(std::int64_t number);
    /// Brings it to `succ` with the verdict; the sample as it is then. To do more in the same step (queue what is told
    /// to others about it), begin a Transaction, judge, do it, commit.
    [[nodiscard]] base::Result<Sample> judge(std::int64_t number, const Verdict& verdict, Time now);
    /// Brings it to `fail` for good; `message` is for people, cut at 1024 bytes.
    [[nodiscard]] base::Result<Sample> fail(std::int64_t number, std::string_view message, Time now);
    /// The attempt came to nothing: back to `wait`, or to `fail` with `message` after the last one.
    [[nodiscard]] base::Result<Sample> retry(std::int64_t number, std::string_view message, Time now);
    /// The engine was not reached: back to `wait` as if it had not been taken.
    [[nodiscard]] base::Result<Sample> put_back(std::int64_t number);

    /// What became of those that were running when the appliance went down.
    struct Resumed {
        std::vector<std::int64_t> waiting;  ///< their numbers: wait again
        std::vector<std::int64_t> failed;   ///< had no attempt left
    };
    [[nodiscard]] base::Result<Resumed> resume(Time now);

    [[nodiscard]] base::Result<StateCounts> counts();

private:
    Database* database_;
};

}  // namespace gatehouse::records
