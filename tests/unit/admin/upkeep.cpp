#include "server/admin/upkeep.hpp"

#include "records/audit.hpp"
#include "tests/unit/net/loop.hpp"
#include "tests/unit/records/box.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <string>
#include <vector>

namespace upkeep_test {

using namespace gatehouse;
using admin::Identities;
using archive::Refused;
using records::Sessions;
using records::Via;

namespace {

// A database with one operator, and the rooms that upkeep looks after; the end of its time is played by `finish`.
class House {
    tests::Box box_;
    tests::CapturedErrors errors_;
    base::Log log_;
    records::Database opened_ = box_.open();

public:
    std::int64_t ada = tests::add_operator(opened_, "ada");
    Identities identities{log_};
    archive::Refusals refusals;
    archive::Refusals change_refusals;

    records::StartedSession start_session() {
        auto started = Sessions(opened_).start(tests::fresh_session(opened_, ada), {}, records::now());
        REQUIRE(started);
        return std::move(*started);
    }
    // All of its sessions were seen so long ago, as far as the database knows.
    void age_sessions(std::chrono::minutes age) {
        REQUIRE(opened_.change("UPDATE sessions SET last_seen = $1", {records::now() - age}));
    }
    void load() { REQUIRE(identities.load(opened_)); }
    void visit(const records::StartedSession& session) {
        const std::string cookie = std::string(Identities::cookie_name) + "=" + std::string(session.bearer.reveal());
        http::Request request;
        request.fields = {{"Cookie", cookie}};
        REQUIRE_FALSE(identities.gate()(request, http::Access::read));
    }
    void refuse(const std::string& name, int times) {
        for (int i = 0; i < times; ++i)
            (void)refusals.add({name, "192.0.2.0", "192.0.2.7", "credentials_wrong"}, std::chrono::steady_clock::now());
    }
    // Upkeep's last work; no other is done in this time. Afterwards the database is looked at through `archive`.
    void finish(bool writable = true) {
        if (!writable) REQUIRE(opened_.run_script("PRAGMA query_only = ON"));
        net::testing::Loop loop;
        archive::Archive archive(std::move(opened_));
        admin::Upkeep upkeep(loop.io.get_executor(), log_, archive, identities, refusals, change_refusals);
        records::Database& database = archive.end();
        upkeep.finish(database);
        auto page = records::Audit(database).list({}, "", 1000);
        REQUIRE(page);
        for (const auto& record : page->records)
            audit.push_back(record.entry);
        auto rows = database.query("SELECT id, last_seen FROM sessions ORDER BY id");
        REQUIRE(rows);
        sessions = std::move(*rows);
    }
    [[nodiscard]] std::string logged() const { return errors_.text(); }

    std::vector<records::AuditEntry> audit;
    records::Rows sessions;
};

}  // namespace

TEST_CASE("at the end the refused sign-ins that were folded become records, one for each name and network") {
    House house;
    house.refuse("ada", 4);  // the first one is recorded by who refused it
    house.refuse("bob", 1);
    house.finish();
    REQUIRE(house.audit.size() == 1);
    const records::AuditEntry& record = house.audit[0];
    CHECK(record.actor == "ada");
    CHECK(record.via == Via::session);
    CHECK(record.address == "192.0.2.7");
    CHECK(record.action == "session.refused");
    CHECK(record.refusal == "credentials_wrong");
    CHECK(nlohmann::json::parse(record.detail).at("count") == 3);
    CHECK(house.refusals.rest().empty());
}

TEST_CASE("those for which there was no room become one record, which is the system's") {
    House house;
    for (std::size_t i = 0; i < archive::Refusals::most_a_minute + 5; ++i)
        house.refuse("name" + std::to_string(i), 1);
    house.finish();
    REQUIRE(house.audit.size() == 1);
    CHECK(house.audit[0].actor == "system");
    CHECK(house.audit[0].via == Via::system);
    CHECK(nlohmann::json::parse(house.audit[0].detail).at("count") == 5);
}

TEST_CASE("when a session was seen is written down, so that a restart does not end it") {
    House house;
    const auto used = house.start_session();
    const auto idle = house.start_session();
    house.load();
    house.visit(used);
    house.age_sessions(std::chrono::hours(1));  // both would have ended long ago
    const records::Time before = records::now() - std::chrono::minutes(1);
    house.finish();
    REQUIRE(house.sessions.size() == 1);
    CHECK(house.sessions[0].integer(0) == used.session.id);
    CHECK(house.sessions[0].time(1) > before);
    CHECK(house.logged().empty());
}

TEST_CASE("what cannot be written is logged") {
    House house;
    const auto session = house.start_session();
    house.load();
    house.visit(session);
    house.refuse("ada", 2);
    house.finish(false);
    CHECK(house.audit.empty());
    CHECK(house.logged().find("audit.failed: session.refused was not recorded.") != std::string::npos);
    CHECK(house.logged().find("sessions.not_written: ") != std::string::npos);
}

TEST_CASE("at the end the refused changes that were folded become records, with what was to be done to what") {
    House house;
    for (const char* object : {"bob", "cy", "di"}) {
        archive::Refused refused{.name = "ada", .address = "192.0.2.7", .code = "no_user"};
        refused.action = "user.removed";
        refused.object = object;
        (void)house.change_refusals.add(std::move(refused), std::chrono::steady_clock::now());
    }
    house.finish();
    REQUIRE(house.audit.size() == 1);
    CHECK(house.audit[0].actor == "ada");
    CHECK(house.audit[0].action == "user.removed");
    CHECK(house.audit[0].object == "di");
    CHECK(nlohmann::json::parse(house.audit[0].detail) == nlohmann::json{{"count", 2}, {"interface", "admin"}});
}

}  // namespace upkeep_test
