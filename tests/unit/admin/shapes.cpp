#include "server/admin/shapes.hpp"

#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace shapes_test {

using namespace gatehouse;
using admin::Json;
using certstore::Finding;
using certstore::Severity;
using credentials::DoorStatus;

namespace pki = certstore::testing;

namespace {

DoorStatus status_of(const certstore::CredentialPtr& credential) {
    DoorStatus status;
    status.interface = config::Interface::admin;
    status.hostname = "box.example";
    status.source = credentials::Source::operator_pair;
    status.credential = credential;
    status.certificate = credential->facts().front();
    status.activated_at = pki::now;
    status.activated_by = credentials::Trigger::sighup;
    return status;
}

}  // namespace

TEST_CASE("moments are RFC 3339 in UTC, to the second that has begun, and what is not there is null") {
    CHECK(admin::time_shape(pki::now) == "2026-01-01T00:00:00Z");
    using Moment = std::chrono::sys_time<std::chrono::microseconds>;
    const Moment late{std::chrono::seconds(pki::now) + std::chrono::microseconds(999'999)};
    CHECK(admin::moment_shape(late) == "2026-01-01T00:00:00Z");
    CHECK(admin::moment_or_null(late) == "2026-01-01T00:00:00Z");
    CHECK(admin::moment_or_null(std::nullopt).is_null());
    CHECK(admin::text_or_null("").is_null());
    CHECK(admin::text_or_null("x") == "x");
}

TEST_CASE("a certificate's shape says what the certificate says, and the days that are left") {
    const auto credential = pki::load(pki::make({}));
    const auto& facts = credential->facts().front();
    const Json shape = admin::certificate_shape(facts, pki::now);
    CHECK(shape.at("subject") == "CN=box.example");
    CHECK(shape.at("issuer") == "CN=box.example");
    CHECK(shape.at("names") == Json{"box.example"});
    CHECK(shape.at("not_before") == "2025-12-31T00:00:00Z");
    CHECK(shape.at("days_left") == 200);
    CHECK(shape.at("key_type") == "ECDSA P-256");
    CHECK(shape.at("key_bits") == 256);
    CHECK(shape.at("fingerprint_sha256") == facts.fingerprint_sha256);
    CHECK(shape.at("public_key_sha256") == facts.public_key_sha256);
    CHECK(shape.at("self_signed") == true);
    CHECK(shape.at("ca") == false);
    CHECK(admin::certificate_shape(facts, facts.not_after + 1).at("days_left") == -1);
}

TEST_CASE("findings come the gravest first, those of one severity as they were") {
    const Json shape = admin::findings_shape({{"one", Severity::note, "n", ""},
                                              {"two", Severity::warn, "w", "do"},
                                              {"three", Severity::refuse, "r", ""},
                                              {"four", Severity::warn, "w", ""}});
    std::vector<std::string> codes;
    for (const auto& finding : shape)
        codes.push_back(finding.at("code"));
    CHECK(codes == std::vector<std::string>{"three", "two", "four", "one"});
    CHECK(shape.at(1) == Json{{"code", "two"}, {"severity", "warn"}, {"message", "w"}, {"advice", "do"}});
    CHECK(admin::findings_shape({}) == Json::array());
}

TEST_CASE("of a run what is not known is null") {
    using credentials::Outcome;
    const Json plain = admin::reload_shape({pki::now, credentials::Trigger::watch, Outcome::unchanged, "", "So.", ""});
    CHECK(plain.at("at") == "2026-01-01T00:00:00Z");
    CHECK(plain.at("trigger") == "watch");
    CHECK(plain.at("result") == "unchanged");
    CHECK(plain.at("message") == "So.");
    for (const char* member : {"code", "fingerprint_sha256", "change_id"})
        CHECK(plain.at(member).is_null());
    const Json refused =
        admin::reload_shape({pki::now, credentials::Trigger::api, Outcome::refused, "expired", "So.", "ab", "c-1"});
    CHECK(refused.at("code") == "expired");
    CHECK(refused.at("fingerprint_sha256") == "ab");
    CHECK(refused.at("change_id") == "c-1");
}

TEST_CASE("a served certificate shows its chain, which is complete with a root or with an anchor this machine knows") {
    DoorStatus status = status_of(pki::load(pki::make({})));
    const Json alone = admin::served_shape(status, pki::now);
    CHECK(alone.at("interface") == "admin");
    CHECK(alone.at("hostname") == "box.example");
    CHECK(alone.at("source") == "operator");
    CHECK(alone.at("trigger") == "sighup");
    CHECK(alone.at("activated_at") == "2026-01-01T00:00:00Z");
    CHECK(alone.at("chain").size() == 1);
    CHECK(alone.at("chain_complete") == true);
    CHECK(alone.at("padlock") == "green");
    CHECK(alone.at("padlock_reasons") == Json::array());
    CHECK(alone.at("anchor").is_null());
    CHECK(alone.at("previous").is_null());

    const auto root = pki::make(pki::ca_wish("Root"));
    status = status_of(pki::load(pki::make({}, &root)));
    CHECK(admin::served_shape(status, pki::now).at("chain_complete") == false);
    status.anchor = certstore::describe(root.certificate.get());
    status.previous = status.certificate;
    status.findings = {{"hostname_mismatch", Severity::warn, "It names others.", ""}};
    const Json anchored = admin::served_shape(status, pki::now);
    CHECK(anchored.at("chain_complete") == true);
    CHECK(anchored.at("anchor").at("subject") == "CN=Root");
    CHECK(anchored.at("previous").at("subject") == "CN=box.example");
    CHECK(anchored.at("findings").size() == 1);
    CHECK(anchored.at("padlock") == "yellow");
    CHECK(anchored.at("padlock_reasons").size() == 1);
}

TEST_CASE("a change that only checked has no id, and one whose pair could not be read no certificate") {
    credentials::Changed changed;
    const Json nothing = admin::change_shape(changed, "", pki::now);
    for (const char* member : {"change_id", "fingerprint_sha256", "certificate", "key_from"})
        CHECK(nothing.at(member).is_null());
    changed.certificate = pki::load(pki::make({}))->facts().front();
    changed.key_from = credentials::KeySource::in_use;
    const Json done = admin::change_shape(changed, "c-1", pki::now);
    CHECK(done.at("change_id") == "c-1");
    CHECK(done.at("fingerprint_sha256") == changed.certificate->fingerprint_sha256);
    CHECK(done.at("certificate").at("subject") == "CN=box.example");
    CHECK(done.at("key_from") == credentials::name(credentials::KeySource::in_use));
}

TEST_CASE("a JSON answer is for nobody's cache, and survives what is no UTF-8") {
    const auto response = admin::json_response({{"subject", "CN=\xFF"}}, 201);
    CHECK(response.status == 201);
    CHECK(std::get<std::string>(response.body) == "{\"subject\":\"CN=\xEF\xBF\xBD\"}");
    const std::vector<std::pair<std::string, std::string>> fields{
        {"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
    CHECK(response.fields == fields);
    CHECK(std::get<std::string>(admin::list_response(Json::array({1, 2})).body) == R"({"items":[1,2],"next":null})");
}

TEST_CASE("a problem with findings is a problem document that holds them") {
    const base::Error error{base::ErrorKind::input, "expired", "It is over.", "Renew it."};
    const auto response = admin::problem_with(422, error, {{"expired", Severity::refuse, "\xFF", ""}});
    CHECK(response.status == 422);
    CHECK(response.fields.at(0).second == "application/problem+json");
    const Json document = Json::parse(std::get<std::string>(response.body));
    CHECK(document.at("code") == "expired");
    CHECK(document.at("detail") == "It is over. Renew it.");
    REQUIRE(document.at("findings").size() == 1);
    CHECK(document.at("findings").at(0).at("severity") == "refuse");
}

}  // namespace shapes_test
