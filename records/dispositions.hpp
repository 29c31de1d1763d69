// The queue of disposition updates: what each service is told of a malicious sample, from the verdict until it has been
// told or has failed. Each change is one transaction, or part of the caller's, and durable when it returns. Used like
// the Database it was given: by one thread at a time; blocking.
//
// Whoever calls the services: `due` for what may be tried; then `record` of what became of it, many at a time, since
// each transaction waits for the disk. What was not recorded is due again: at least once.
//
// Times are the wall clock's, which may jump. Neither jump loses or delays anything much: what would be tried later
// than `longest_pause` from now is due, what was queued in the future begins its patience now, and nothing fails before
// it, or its service, was tried `fewest_tries` times.
#pragma once

#include "records/database.hpp"
#include "records/sample.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gatehouse::records {

/// What one service is told of one sample, as it was at the verdict.
struct Disposition {
    std::int64_t id = 0;
    std::int64_t service = 0;
    std::string sample;  ///< its id
    std::string sha256;
    std::string sha1;
    std::string md5;
    std::int64_t score = 0;
    Time analyzed_at;
    std::string idempotency_key;  ///< 32 random hex digits
    std::int64_t attempts = 0;    ///< that got an answer
    Time queued_at;               ///< or retried
    std::string message;          ///< what came of the last attempt; for people
};

/// What came of an attempt.
struct DispositionOutcome {
    enum class Kind {
        delivered,
        refused,  ///< for good: it has failed, and may be retried by hand
        again,    ///< it alone is to be tried again
        away,     ///< the service was not there at all: it takes its turn behind what else is due
    };
    Kind kind = Kind::delivered;
    std::int64_t id = 0;
    std::int64_t service = 0;
    std::string message = {};          ///< for people, cut at 1024 bytes; empty where it was delivered
    std::chrono::seconds again_in{0};  ///< with `again`; at most longest_pause
};

/// What may be tried now.
struct DueDispositions {
    std::vector<Disposition> dispositions;  ///< the longest due first, one of each content
    std::optional<Time> next;               ///< when the next one will be due; nullopt where none waits for a time
};

/// Errors of all: those of Database.
class Dispositions {
public:
    /// How long a disposition is tried, and how often at least, be it alone or its service, before it has failed.
    static constexpr std::chrono::hours patience{24};
    static constexpr std::int64_t fewest_tries = 24;
    static constexpr std::chrono::hours longest_pause{1};
    /// Failed ones kept of each service; beyond it the oldest are dropped and counted.
    static constexpr std::int64_t most_failed = 100'000;
    static constexpr std::size_t most_of_batch = 500;

    explicit Dispositions(Database& database) : database_(&database) {}

    /// Queues what the sample's verdict is for every service, where its score is `malicious_score` or more; how many
    /// were queued. Within the Transaction of the verdict.
    [[nodiscard]] base::Result<std::int64_t> enqueue(const Sample& sample, std::int64_t malicious_score, Time now);

    /// At most `limit` (moved to 1 to most_of_batch) that may be tried now, but for those in `held`. An older one of
    /// the same content that is neither delivered nor failed stands before a later one.
    [[nodiscard]] base::Result<DueDispositions> due(std::int64_t service, Time now, std::size_t limit,
                                                    std::span<const std::int64_t> held);
    /// All in one transaction. What is gone meanwhile, as its service may be, is passed over, so that recording again
    /// does no harm. An `again` after `patience` and `fewest_tries` fails: how many did, of each service. What has
    /// failed of a content before one that is delivered is forgotten. An `away` of no disposition (0) counts as a try
    /// of the service.
    using GivenUp = std::map<std::int64_t, std::size_t>;
    [[nodiscard]] base::Result<GivenUp> record(std::span<const DispositionOutcome> outcomes, Time now);
    /// While a service is away: brings at most most_of_batch that waited for `patience`, while it was tried
    /// `fewest_tries` times, to failed; how many. Ask again while it is most_of_batch.
    [[nodiscard]] base::Result<std::size_t> expire(std::int64_t service, Time now);

    /// Those of a service that have failed, the latest first; at most `limit` (moved to 1 to most_of_batch) with a
    /// smaller id than `before`. nullopt: from the latest on.
    [[nodiscard]] base::Result<std::vector<Disposition>> failed(std::int64_t service,
                                                                std::optional<std::int64_t> before, std::size_t limit);
    /// What a batch of failed ones that wait again came to.
    struct Retried {
        std::size_t count = 0;
        std::int64_t last = 0;  ///< its id; where there was none, the one that was asked with
    };
    /// Failed ones, the oldest first, wait again as if they were queued now, under the keys they had: at most
    /// most_of_batch with a larger id than `after`. One behind whose back a later one of the same content waits is
    /// forgotten instead: it would be told behind that. Ask again with the last one while they are most_of_batch.
    [[nodiscard]] base::Result<Retried> retry_next(std::int64_t service, std::int64_t after, Time now);
    /// One of them. Errors: not_found/no_disposition (also where it has not failed).
    [[nodiscard]] base::Result<void> retry(std::int64_t service, std::int64_t id, Time now);
    /// What waits for a later attempt may be tried at once.
    [[nodiscard]] base::Result<void> hasten(std::int64_t service, Time now);

    /// How many wait for all services together: a running total, for gatehouse_dispositions_queued.
    [[nodiscard]] base::Result<std::int64_t> waiting();
    /// The same of those that have failed and are kept, for gatehouse_dispositions_failed.
    [[nodiscard]] base::Result<std::int64_t> failed_in_all();

private:
    Database* database_;
};

}  // namespace gatehouse::records
