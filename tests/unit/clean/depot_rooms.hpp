// What the rooms of the samples work with, for the tests of one of them: a real database and a real store in a folder
// of the test's own. One thread, which runs the loop.
#pragma once

#include "records/audit.hpp"
#include "records/organizations.hpp"
#include "records/samples.hpp"
#include "server/clean/sample_services.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/records/box.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::tests {

class DepotRooms {
    // In the order in which they need each other; archive and pool go before the loop.
    Box box_;
    CapturedErrors errors_;
    base::Log log_;
    http::EventHub events_{1000};
    archive::Refusals refusals_;
    net::Pace pace_{{.at_once = 60, .interval = std::chrono::seconds(1)}};
    archive::GuardedThrottle throttle_;
    std::unique_ptr<samples::SampleStore> store_ = opened();
    clean::Places places_{{.in_all = 64, .of_holder = 16}};

    [[nodiscard]] std::unique_ptr<samples::SampleStore> opened() {
        auto store = samples::SampleStore::open(box_.files, box_.folder / "samples", {.free_bytes = 0});
        if (!store) throw std::runtime_error(store.error().text());
        return std::move(*store);
    }

public:
    net::testing::Loop loop;
    config::SampleSettings settings;
    integrations::EngineState engine;
    int wakes = 0;
    archive::Archive archive{box_.open()};
    net::Pool pool{2, 100};
    clean::Services door{.log = log_,
                         .files = box_.files,
                         .state_directory = box_.folder.path(),
                         .events = events_,
                         .archive = &archive,
                         .hashing = pool,
                         .setting = pool,
                         .sign_in_pace = pace_,
                         .change_pace = pace_,
                         .download_pace = pace_,
                         .refusals = refusals_,
                         .device_refusals = refusals_,
                         .change_refusals = refusals_,
                         .sign_in_throttle = throttle_,
                         .device_throttle = throttle_,
                         .registrations = places_,
                         .recheck_throttle = throttle_,
                         .session_limits = {}};
    clean::SampleServices samples{.door = door,
                                  .storage = {.log = log_,
                                              .archive = &archive,
                                              .store = store_.get(),
                                              .folder = box_.folder / "samples",
                                              .writing = pool,
                                              .refusals = refusals_,
                                              .settings = [this] { return settings; }},
                                  .packing = pool,
                                  .uploads = places_,
                                  .keyless_uploads = places_,
                                  .downloads = places_,
                                  .engine = [this] { return engine; },
                                  .wake_analysis = [this] { ++wakes; },
                                  .hostname = [] { return std::string("gw.example.test"); },
                                  .fetch = {}};

    [[nodiscard]] samples::SampleStore& store() { return *store_; }
    [[nodiscard]] http::EventHub& events() { return events_; }
    [[nodiscard]] std::string logged() const { return errors_.text(); }

    /// Runs `work` with the database, to its end.
    template <class Work>
    auto with_database(Work work) {
        auto result = loop.await(archive.run(std::move(work)));
        REQUIRE(result);
        return std::move(*result);
    }

    /// A content in the store.
    [[nodiscard]] samples::HeldContent put(const std::string& bytes) {
        auto incoming = store_->begin();
        REQUIRE(incoming);
        REQUIRE(incoming->append(bytes));
        auto held = incoming->finish();
        REQUIRE(held);
        return std::move(*held);
    }

    /// A sample of the user 7 of the organization 3, with its file.
    records::Sample submit(const std::string& bytes, records::Time at = new_year, std::string filename = "x.bin") {
        auto held = put(bytes);
        records::NewSample fresh;
        fresh.content = records::Content{held.content.sha256, held.content.sha1, held.content.md5,
                                         static_cast<std::int64_t>(held.content.size)};
        fresh.owner = {.user_id = 7, .organization_id = 3, .is_private = false};
        fresh.login = "ada";
        fresh.filename = std::move(filename);
        auto sample =
            with_database([&](records::Database& database) { return records::Samples(database).submit(fresh, at); });
        REQUIRE(store_->keep(std::move(held)));
        return sample;
    }

    /// Names of all files of the store, marks too.
    [[nodiscard]] std::vector<std::string> stored() const {
        std::vector<std::string> names;
        for (const auto& entry : std::filesystem::recursive_directory_iterator(samples.storage.folder)) {
            if (entry.is_regular_file()) names.push_back(entry.path().filename().string());
        }
        std::sort(names.begin(), names.end());
        return names;
    }

    [[nodiscard]] std::vector<records::AuditEntry> audit() {
        const auto page =
            with_database([](records::Database& database) { return records::Audit(database).list({}, "", 1000); });
        std::vector<records::AuditEntry> entries;
        for (const auto& record : page.records)
            entries.insert(entries.begin(), record.entry);
        return entries;
    }
};

}  // namespace gatehouse::tests
