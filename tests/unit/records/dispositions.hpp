// Services and what waits for them, for the tests of the rooms that keep and deliver them.
#pragma once

#include "records/analysis_queue.hpp"
#include "records/disposition_services.hpp"
#include "records/dispositions.hpp"
#include "tests/unit/records/fresh_sample.hpp"
#include "tests/unit/records/people.hpp"

#include <string>
#include <utility>
#include <vector>

namespace gatehouse::tests {

inline records::ServiceRequest service_request(std::string url = "https://cloud.example.test/dispositions",
                                               std::string password = "let me in") {
    records::ServiceRequest request;
    request.url = std::move(url);
    request.user_name = "gatehouse";
    request.password = base::Secret(password);
    return request;
}

/// Stores a service; its number.
inline std::int64_t add_service(records::Database& database, std::string host = "cloud") {
    const auto made = records::DispositionServices(database, box_key())
                          .add(service_request("https://" + host + ".example.test/dispositions"), new_year);
    INFO((made ? "" : made.error().text()));
    REQUIRE(made);
    return made->id;
}

/// A sample of that content as its verdict is: nothing of it is stored.
inline records::Sample judged_sample(std::string seed, std::int64_t score = 95, records::Time when = new_year) {
    static int number = 0;
    records::Sample sample;
    sample.id = "sample" + std::to_string(++number);
    sample.content = content(std::move(seed));
    sample.score = score;
    sample.completed_at = when;
    return sample;
}

/// Queues it for all services; its id.
inline std::string queued(records::Database& database, std::string seed, records::Time when = new_year) {
    const records::Sample sample = judged_sample(std::move(seed), 95, when);
    const auto count = records::Dispositions(database).enqueue(sample, 90, when);
    INFO((count ? "" : count.error().text()));
    REQUIRE(count);
    REQUIRE(*count > 0);
    return sample.id;
}

/// All that have failed; how many.
inline std::size_t retry_all(records::Database& database, std::int64_t service, records::Time now) {
    constexpr auto most = records::Dispositions::most_of_batch;
    std::size_t count = 0;
    records::Dispositions::Retried batch{most, 0};
    while (batch.count == most) {
        const auto retried = records::Dispositions(database).retry_next(service, batch.last, now);
        INFO((retried ? "" : retried.error().text()));
        REQUIRE(retried);
        batch = *retried;
        count += batch.count;
    }
    return count;
}

inline records::DueDispositions due_of(records::Database& database, std::int64_t service, records::Time now,
                                       std::size_t limit = 100, const std::vector<std::int64_t>& held = {}) {
    auto due = records::Dispositions(database).due(service, now, limit, held);
    INFO((due ? "" : due.error().text()));
    REQUIRE(due);
    return std::move(*due);
}

/// Ids of the samples that may be told now.
inline std::vector<std::string> due_samples(records::Database& database, std::int64_t service, records::Time now,
                                            std::size_t limit = 100, const std::vector<std::int64_t>& held = {}) {
    std::vector<std::string> all;
    for (const auto& one : due_of(database, service, now, limit, held).dispositions)
        all.push_back(one.sample);
    return all;
}

inline records::DispositionService service_now(records::Database& database, std::int64_t id) {
    auto found = records::DispositionServices(database, box_key()).find(id);
    REQUIRE(found);
    REQUIRE(*found);
    return std::move(**found);
}

}  // namespace gatehouse::tests
