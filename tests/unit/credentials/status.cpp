#include "server/credentials/status.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace status_test {

using namespace gatehouse::credentials;
using gatehouse::certstore::Finding;
using gatehouse::certstore::Severity;
using gatehouse::config::Interface;

namespace {

constexpr std::int64_t now = 1'767'225'600;
constexpr std::int64_t day = 86'400;

DoorStatus status_of(std::int64_t not_after, Source source = Source::operator_pair) {
    DoorStatus status;
    status.source = source;
    status.certificate.not_after = not_after;
    return status;
}

}  // namespace

TEST_CASE("triggers, sources and outcomes have the names that logs and scripts know") {
    CHECK(name(Trigger::start) == "start");
    CHECK(name(Trigger::sighup) == "sighup");
    CHECK(name(Trigger::watch) == "watch");
    CHECK(name(Trigger::clock) == "clock");
    CHECK(name(Source::operator_pair) == "operator");
    CHECK(name(Source::last_good) == "last_good");
    CHECK(name(Source::self_signed) == "self_signed");
    CHECK(name(Outcome::activated) == "activated");
    CHECK(name(Outcome::unchanged) == "unchanged");
    CHECK(name(Outcome::refused) == "refused");
}

TEST_CASE("the summary of a door without trouble is its source and how many days are left") {
    CHECK(summary(status_of(now + 90 * day), now) == "clean: operator, 90 days left");
    CHECK(summary(status_of(now + 90 * day - 1, Source::self_signed), now) == "clean: self_signed, 89 days left");
    DoorStatus admin = status_of(now + day);
    admin.interface = Interface::admin;
    CHECK(summary(admin, now) == "admin: operator, 1 days left");
}

TEST_CASE("a certificate that has expired says since when, from the second after its last one") {
    CHECK(summary(status_of(now), now) == "clean: operator, 0 days left");
    CHECK(summary(status_of(now - 1), now) == "clean: operator, EXPIRED 0 days ago");
    CHECK(summary(status_of(now - 3 * day), now) == "clean: operator, EXPIRED 3 days ago");
}

TEST_CASE("findings are told by their codes, notes are left out") {
    DoorStatus status = status_of(now + day);
    status.findings = {Finding{"cn_only", Severity::note, "", ""}};
    CHECK(summary(status, now) == "clean: operator, 1 days left");
    status.findings.push_back({"hostname_mismatch", Severity::warn, "", ""});
    status.findings.push_back({"key_mode", Severity::warn, "", ""});
    CHECK(summary(status, now) == "clean: operator, 1 days left [hostname_mismatch key_mode]");
}

TEST_CASE("a refusal is told in words, without the full stop, and only the last one") {
    DoorStatus status = status_of(now + day, Source::last_good);
    status.last_reload = {now, Trigger::watch, Outcome::refused, "unparsable", "It is DER. Convert it."};
    CHECK(summary(status, now) == "clean: last_good, 1 days left, REFUSED unparsable: It is DER. Convert it");
    status.last_reload.message = "no full stop";
    CHECK(summary(status, now) == "clean: last_good, 1 days left, REFUSED unparsable: no full stop");
    status.last_reload = {now, Trigger::watch, Outcome::activated, "", "The certificate is served."};
    CHECK(summary(status, now) == "clean: last_good, 1 days left");
}

}  // namespace status_test
