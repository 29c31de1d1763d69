// What the admin door's rooms work with, for the tests of one of them: a real database, and in place of all the rest
// the least that can be made. One thread, which runs the loop.
#pragma once

#include "records/audit.hpp"
#include "server/admin/services.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/records/box.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gatehouse::tests {

class Rooms {
    // In the order in which they need each other; the archive goes before the loop.
    Box box_;
    CapturedErrors errors_;
    base::Log log_;
    config::Settings settings_;
    credentials::Credentials credentials_{box_.files, log_, settings_, "", {}};
    credentials::Board board_;
    http::EventHub events_{1000};
    net::Pool pool_{1, 8};
    admin::Identities identities_{log_};
    archive::Refusals refusals_;
    archive::Refusals change_refusals_;
    net::Pace pace_{{.at_once = 60, .interval = std::chrono::seconds(1)}};
    archive::GuardedThrottle throttle_;
    base::Shared<config::Choices> choices_{std::make_shared<const config::Choices>()};
    net::Trust trust_{box_.files, box_.folder.path()};
    net::Networks networks_;
    admin::Retrievals retrievals_;

public:
    net::testing::Loop loop;
    config::PerInterface<admin::RunCounts> runs;
    archive::Archive archive{box_.open()};
    admin::Services services{.log = log_,
                             .files = box_.files,
                             .credentials = credentials_,
                             .board = board_,
                             .events = events_,
                             .archive = &archive,
                             .hashing = pool_,
                             .unpacking = pool_,
                             .key_making = pool_,
                             .identities = identities_,
                             .sign_in_pace = pace_,
                             .change_pace = pace_,
                             .refusals = refusals_,
                             .change_refusals = change_refusals_,
                             .sign_in_throttle = throttle_,
                             .recheck_throttle = throttle_,
                             .session_limits = {},
                             .started = {},
                             .door_facts = {},
                             .troubles = {},
                             .traffic = {},
                             .runs = runs,
                             .choices = choices_,
                             .apply_choices = {},
                             .reload = {},
                             .trust = trust_,
                             .networks = networks_,
                             .retrievals = retrievals_};

    /// What the log says so far.
    [[nodiscard]] std::string logged() const { return errors_.text(); }

    /// From now on nothing can be written.
    void forbid_writing() {
        const auto forbid = [](records::Database& database) { return database.run_script("PRAGMA query_only = ON"); };
        REQUIRE(loop.await(archive.run(forbid)));
    }
    /// The audit, the oldest record first; whatever was given to the archive before is in it.
    [[nodiscard]] std::vector<records::AuditEntry> audit() {
        const auto list = [](records::Database& database) { return records::Audit(database).list({}, "", 1000); };
        const auto page = loop.await(archive.run(list));
        REQUIRE(page);
        std::vector<records::AuditEntry> entries;
        for (const auto& record : page->records)
            entries.insert(entries.begin(), record.entry);
        return entries;
    }
};

}  // namespace gatehouse::tests
