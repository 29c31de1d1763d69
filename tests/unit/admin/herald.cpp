#include "server/admin/herald.hpp"

#include "tests/unit/admin/rooms.hpp"

#include <nlohmann/json.hpp>

#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace herald_test {

using namespace gatehouse;
using admin::Herald;
using config::Interface;
using credentials::DoorStatus;
using credentials::Outcome;
using credentials::Trigger;
using nlohmann::json;

namespace {

constexpr std::int64_t day = 86'400;

DoorStatus status_of(const std::string& fingerprint, Outcome result, Trigger trigger = Trigger::watch) {
    DoorStatus status;
    status.certificate.subject = "CN=box.example";
    status.certificate.fingerprint_sha256 = fingerprint;
    status.certificate.not_after = std::time(nullptr) + 100 * day + day / 2;
    status.last_reload = {std::time(nullptr), trigger, result, "", "A sentence.", fingerprint, ""};
    return status;
}

// A herald and somebody who hears what it tells.
struct Told {
    admin::DoorFacts facts;
    tests::Rooms rooms;
    Herald herald{rooms.services, rooms.runs, rooms.loop.io.get_executor()};
    std::shared_ptr<http::Stream> early = listen();

    Told() {
        rooms.services.door_facts = [this](Interface) { return facts; };
    }
    std::shared_ptr<http::Stream> listen() {
        auto response = rooms.services.events.subscribe({rooms.loop.io.get_executor(), "", [] { return true; }});
        REQUIRE(response.status == 200);
        return std::get<std::shared_ptr<http::Stream>>(response.body);
    }
    // The data of the events that came since.
    std::vector<json> heard(const std::shared_ptr<http::Stream>& stream) {
        rooms.loop.io.restart();
        rooms.loop.io.poll();
        std::string text = stream->take().value_or("");
        std::vector<json> events;
        constexpr std::string_view mark = "\ndata: ";
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
            const auto begin = at + mark.size();
            events.push_back(json::parse(text.substr(begin, text.find('\n', begin) - begin)));
        }
        return events;
    }
    std::vector<json> heard() { return heard(early); }
    // Of the clean door: "ACTIVATED UNCHANGED REFUSED".
    [[nodiscard]] std::string counts() const {
        const auto& runs = rooms.runs.clean;
        return std::to_string(runs.activated.get()) + " " + std::to_string(runs.unchanged.get()) + " " +
               std::to_string(runs.refused.get());
    }
};

}  // namespace

TEST_CASE("a certificate that the files brought is told, counted and recorded as the system's own change") {
    Told told;
    told.herald.tell(status_of("aa", Outcome::activated, Trigger::start));
    CHECK(told.heard().size() == 1);
    told.herald.tell(status_of("bb", Outcome::activated));
    const auto events = told.heard();
    REQUIRE(events.size() == 1);
    CHECK(events[0].at("event") == "certificate.changed");
    CHECK(events[0].at("interface") == "clean");
    CHECK(events[0].at("fingerprint_sha256") == "bb");
    CHECK(events[0].at("message") == "A sentence.");
    CHECK(events[0].at("change_id").is_null());
    CHECK(events[0].at("code").is_null());
    CHECK(events[0].at("days_left") == 100);
    CHECK(told.counts() == "2 0 0");
    const auto audit = told.rooms.audit();
    REQUIRE(audit.size() == 2);
    CHECK(audit[1].actor == "system");
    CHECK(audit[1].action == "certificate.changed");
    CHECK(audit[1].object == "clean");
    CHECK(audit[1].refusal.empty());
    CHECK(json::parse(audit[1].detail) ==
          json{{"interface", "clean"}, {"trigger", "watch"}, {"before_sha256", "aa"}, {"after_sha256", "bb"}});
}

TEST_CASE("a refusal is told with its code, counted and recorded") {
    Told told;
    DoorStatus status = status_of("aa", Outcome::refused);
    status.last_reload.code = "key_mismatch";
    told.herald.tell(status);
    const auto events = told.heard();
    REQUIRE(events.size() == 1);
    CHECK(events[0].at("event") == "reload.failed");
    CHECK(events[0].at("code") == "key_mismatch");
    CHECK(told.counts() == "0 0 1");
    const auto audit = told.rooms.audit();
    REQUIRE(audit.size() == 1);
    CHECK(audit[0].refusal == "key_mismatch");
}

TEST_CASE("that nothing has changed is counted and not told") {
    Told told;
    told.herald.tell(status_of("aa", Outcome::unchanged, Trigger::sighup));
    CHECK(told.heard().empty());
    CHECK(told.counts() == "0 1 0");
    CHECK(told.rooms.audit().empty());
}

TEST_CASE("the same end of a run is told once, however often the status is; each door by itself") {
    Told told;
    DoorStatus status = status_of("aa", Outcome::activated);
    told.herald.tell(status);
    told.herald.tell(status);
    CHECK(told.heard().size() == 1);
    CHECK(told.counts() == "1 0 0");
    status.interface = Interface::admin;
    told.herald.tell(status);
    const auto events = told.heard();
    REQUIRE(events.size() == 1);
    CHECK(events[0].at("interface") == "admin");
    CHECK(told.counts() == "1 0 0");
    CHECK(told.rooms.runs.admin.activated.get() == 1);
    CHECK(told.rooms.audit().size() == 2);
}

TEST_CASE("what somebody asked for at a door is told with the change's id, and recorded by who did it, not here") {
    for (const Trigger trigger : {Trigger::api, Trigger::console}) {
        Told told;
        DoorStatus status = status_of("aa", Outcome::activated, trigger);
        status.last_reload.change_id = "change-1";
        told.herald.tell(status);
        const auto events = told.heard();
        REQUIRE(events.size() == 1);
        CHECK(events[0].at("change_id") == "change-1");
        CHECK(told.counts() == "1 0 0");
        CHECK(told.rooms.audit().empty());
    }
}

TEST_CASE("what changed of a door's settings is told in one sentence, and nothing where nothing did") {
    Told told;
    DoorStatus status = status_of("aa", Outcome::unchanged);
    status.hostname = "one.example";
    told.herald.tell(status);
    told.herald.tell(status);
    CHECK(told.heard().empty());
    status.hostname = "two.example";
    told.facts.policy = config::TlsPolicy::modern;
    told.facts.legacy_tls = true;
    told.herald.tell(status);
    told.herald.tell(status);
    const auto events = told.heard();
    REQUIRE(events.size() == 1);
    CHECK(events[0].at("event") == "settings.changed");
    CHECK(events[0].at("interface") == "clean");
    CHECK(events[0].at("fingerprint_sha256") == "aa");
    CHECK(events[0].at("change_id").is_null());
    CHECK(events[0].at("code").is_null());
    CHECK(events[0].at("message") ==
          "The clean door's settings changed: its hostname is two.example, its TLS policy is "
          "modern, clients of TLS 1.0 and 1.1 are let in.");
    told.facts.legacy_tls = false;
    told.herald.tell(status);
    const auto later = told.heard();
    REQUIRE(later.size() == 1);
    CHECK(later[0].at("message") == "The clean door's settings changed: clients of TLS 1.0 and 1.1 are shut out.");
}

TEST_CASE("without a database a change is told all the same") {
    Told told;
    told.rooms.services.archive = nullptr;
    told.herald.tell(status_of("aa", Outcome::activated));
    CHECK(told.heard().size() == 1);
}

TEST_CASE("that a certificate is about to expire is logged and told once, and to whoever comes later") {
    Told told;
    told.herald.configure_expiry({30, 7});
    DoorStatus status = status_of("aa", Outcome::unchanged);
    status.certificate.not_after = std::time(nullptr) + 10 * day + day / 2;
    told.herald.tell(status);
    const auto events = told.heard();
    REQUIRE(events.size() == 1);
    CHECK(events[0].at("event") == "certificate.expiring");
    CHECK(events[0].at("days_left") == 10);
    CHECK(events[0].at("fingerprint_sha256") == "aa");
    CHECK(told.rooms.logged().find("certificate.expiring: The certificate of the clean door") != std::string::npos);
    told.herald.tell(status);
    CHECK(told.heard().empty());
    CHECK(told.heard(told.listen()) == events);
}

TEST_CASE("when the certificate was replaced nobody is told any more that it is about to expire") {
    Told told;
    told.herald.configure_expiry({30});
    DoorStatus old = status_of("aa", Outcome::unchanged);
    old.certificate.not_after = std::time(nullptr) + 10 * day;
    told.herald.tell(old);
    DoorStatus admin = old;
    admin.interface = Interface::admin;
    told.herald.tell(admin);
    CHECK(told.heard(told.listen()).size() == 2);
    told.herald.tell(status_of("bb", Outcome::unchanged, Trigger::sighup));
    const auto standing = told.heard(told.listen());
    REQUIRE(standing.size() == 1);
    CHECK(standing[0].at("interface") == "admin");
}

}  // namespace herald_test
