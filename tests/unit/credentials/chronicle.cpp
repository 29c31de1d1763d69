#include "server/credentials/chronicle.hpp"

#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace chronicle_test {

using namespace gatehouse;
using certstore::Finding;
using certstore::Severity;
using credentials::Chronicle;
using credentials::Examined;
using credentials::Outcome;
using credentials::Source;
using credentials::Trigger;

namespace pki = certstore::testing;

namespace {

Examined refused_for(const std::string& code, const std::string& message = "It cannot be served.") {
    Examined examined;
    examined.findings = {Finding{code, Severity::refuse, message, "Mend it."}};
    examined.fingerprint = "ab";
    return examined;
}

// The chronicle of the clean door, and what it logs.
class Door {
public:
    void activated(Trigger trigger, const std::vector<Finding>& findings = {}) {
        chronicle.activated(*credential, Source::operator_pair, findings, {trigger, "change-1"});
    }
    void refused(const std::string& code, Trigger trigger, const std::string& placed = "files") {
        chronicle.refused(refused_for(code), placed, {.trigger = trigger});
    }
    // How often the log says so.
    [[nodiscard]] int logged(std::string_view words) const {
        const std::string text = errors_.text();
        int count = 0;
        for (auto at = text.find(words); at != std::string::npos; at = text.find(words, at + 1))
            ++count;
        return count;
    }

private:
    tests::CapturedErrors errors_;
    base::Log log_;

public:
    certstore::CredentialPtr credential = pki::load(pki::make({}));
    Chronicle chronicle{config::Interface::clean, log_};
};

}  // namespace

TEST_CASE("what is served from now on is logged and kept, with its warnings but not its notes") {
    Door door;
    door.activated(Trigger::api, {{"hostname_mismatch", Severity::warn, "It names others.", "Take another."},
                                  {"cn_only", Severity::note, "It is old.", ""}});
    const auto& last = door.chronicle.last();
    CHECK(last.result == Outcome::activated);
    CHECK(last.trigger == Trigger::api);
    CHECK(last.fingerprint_sha256 == door.credential->fingerprint());
    CHECK(last.change_id == "change-1");
    CHECK(last.code.empty());
    CHECK(last.message.find("clean door serves CN=box.example") != std::string::npos);
    CHECK(door.chronicle.all() == std::vector{last});
    CHECK(door.logged("credential.activated: " + last.message) == 1);
    CHECK(door.logged("trigger=api source=operator") == 1);
    CHECK(door.logged("credential.warning: It names others. Take another.") == 1);
    CHECK(door.logged("It is old.") == 0);
}

TEST_CASE("that nothing has changed is the last thing that happened, but not kept among those that matter") {
    Door door;
    door.activated(Trigger::start);
    door.chronicle.unchanged(*door.credential, Trigger::sighup);
    CHECK(door.chronicle.last().result == Outcome::unchanged);
    CHECK(door.chronicle.last().trigger == Trigger::sighup);
    REQUIRE(door.chronicle.all().size() == 1);
    CHECK(door.chronicle.all()[0].result == Outcome::activated);
    CHECK(door.logged("credential.unchanged") == 1);
}

TEST_CASE("a refusal is kept and logged with its reason and what to do") {
    Door door;
    door.refused("key_mismatch", Trigger::watch);
    const auto& last = door.chronicle.last();
    CHECK(last.result == Outcome::refused);
    CHECK(last.code == "key_mismatch");
    CHECK(last.message == "It cannot be served.");
    CHECK(last.fingerprint_sha256 == "ab");
    CHECK(door.chronicle.all() == std::vector{last});
    CHECK(door.logged("credential.refused: It cannot be served. Mend it.") == 1);
    door.chronicle.refused(Examined{}, "files", {});
    CHECK(door.chronicle.last().code == "unparsable");
}

TEST_CASE("the same refusal of the same files is told once, but whoever sends a signal is always told") {
    Door door;
    door.refused("expired", Trigger::watch);
    door.refused("expired", Trigger::watch);
    CHECK(door.logged("credential.refused") == 1);
    CHECK(door.chronicle.all().size() == 1);
    door.refused("expired", Trigger::watch, "other files");
    CHECK(door.logged("credential.refused") == 2);
    door.refused("unparsable", Trigger::watch, "other files");
    CHECK(door.logged("credential.refused") == 3);
    door.refused("unparsable", Trigger::sighup, "other files");
    CHECK(door.logged("credential.refused") == 4);
    CHECK(door.chronicle.all().size() == 4);
}

TEST_CASE("the clock's looks tell the same refusal once, whatever became of the files") {
    Door door;
    door.refused("expired", Trigger::watch);
    door.refused("expired", Trigger::clock, "other files");
    CHECK(door.logged("credential.refused") == 1);
    door.refused("unparsable", Trigger::clock, "other files");
    CHECK(door.logged("credential.refused") == 2);
}

TEST_CASE("a refusal after something was served in between is told again") {
    Door door;
    door.refused("expired", Trigger::watch);
    door.activated(Trigger::watch);
    door.refused("expired", Trigger::watch);
    CHECK(door.logged("credential.refused") == 2);
    REQUIRE(door.chronicle.all().size() == 3);
    CHECK(door.chronicle.all()[1].result == Outcome::activated);
}

TEST_CASE("at the start what stands in for a refused pair does not hide the refusal; later a change does") {
    Door door;
    door.refused("expired", Trigger::start);
    door.activated(Trigger::start);
    CHECK(door.logged("credential.activated") == 1);
    CHECK(door.chronicle.last().code == "expired");
    CHECK(door.chronicle.all().size() == 1);
    door.activated(Trigger::watch);
    CHECK(door.chronicle.last().result == Outcome::activated);
}

TEST_CASE("the last ten are kept, the newest first") {
    Door door;
    for (int i = 0; i < 12; ++i)
        door.refused("code_" + std::to_string(i), Trigger::watch);
    const auto all = door.chronicle.all();
    REQUIRE(all.size() == 10);
    CHECK(all.front().code == "code_11");
    CHECK(all.back().code == "code_2");
}

}  // namespace chronicle_test
