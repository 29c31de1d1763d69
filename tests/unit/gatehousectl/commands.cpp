#include "gatehousectl/answer.hpp"
#include "gatehousectl/commands/audit.hpp"
#include "gatehousectl/commands/authorities.hpp"
#include "gatehousectl/commands/certificate.hpp"
#include "gatehousectl/commands/change.hpp"
#include "gatehousectl/commands/doors.hpp"
#include "gatehousectl/commands/events.hpp"
#include "gatehousectl/commands/network.hpp"
#include "gatehousectl/commands/operators.hpp"
#include "gatehousectl/commands/sessions.hpp"
#include "gatehousectl/commands/status.hpp"
#include "gatehousectl/commands/tokens.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>

namespace commands_test {

using namespace gatehouse::gatehousectl;
using namespace gatehouse::gatehousectl::commands;
using nlohmann::json;

namespace {

const std::string fingerprint = "3b1f5c2a9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e0d9c8b7a6f5e4d3c2b";

json door() {
    return {{"source", "operator"},
            {"fingerprint_sha256", fingerprint},
            {"last_reload",
             {{"at", "2026-03-02T09:58:11Z"},
              {"trigger", "api"},
              {"result", "activated"},
              {"code", nullptr},
              {"message", "The clean door serves CN=gw.example.com."}}},
            {"findings",
             {{{"code", "expires_soon"},
               {"severity", "warn"},
               {"message", "It expires in 12 days."},
               {"advice", "Renew."}}}},
            {"connections", 1},
            {"handshakes", {{"succeeded", 20117}, {"failed", 31}}}};
}

json certificate(const std::string& subject) {
    return {{"subject", subject},
            {"issuer", "CN=Test CA"},
            {"serial", "0a"},
            {"names", {"gw.example.com", "192.0.2.1"}},
            {"not_before", "2026-01-01T00:00:00Z"},
            {"not_after", "2027-01-01T00:00:00Z"},
            {"days_left", 304},
            {"key_type", "ECDSA P-256"},
            {"fingerprint_sha256", fingerprint},
            {"public_key_sha256", fingerprint},
            {"ca", false}};
}

json interface(const std::string& name, const std::string& padlock) {
    const bool warns = padlock != "green";
    return {{"interface", name},
            {"hostname", name + ".example.com"},
            {"hostname_from", "portal"},
            {"tls", {{"policy", "intermediate"}, {"legacy", false}}},
            {"fixed", json::array()},
            {"certificate", certificate("CN=" + name)},
            {"padlock", padlock},
            {"padlock_reasons", warns ? json::array({"It expires in 12 days."}) : json::array()}};
}

bool holds(const std::string& text, const std::string& part) {
    INFO(text);
    INFO(part);
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE(
    "the status says whether all is right, and of each door until when, under which name and what there is to mend") {
    const json status{{"version", "0.1.0"},
                      {"started_at", "2026-03-01T06:00:00Z"},
                      {"uptime_seconds", 100800},
                      {"interfaces", {{"clean", door()}, {"admin", door()}}}};
    const json interfaces{{"items", {interface("clean", "yellow"), interface("admin", "green")}}};
    CHECK(status_text(status, interfaces, 0)
              .starts_with(
                  "Gatehouse 0.1.0, up 1 day 4 hours, since 2026-03-01 06:00:00 UTC\n"
                  "Not all right: the clean door. What is the matter stands below.\n"
                  "\n"
                  "clean\n"
                  "  Padlock      yellow: It expires in 12 days.\n"
                  "  Hostname     clean.example.com\n"
                  "  Certificate  the operator's\n"
                  "  Valid        2026-01-01 00:00:00 UTC to 2027-01-01 00:00:00 UTC, 304 days left\n"
                  "  SHA-256      3b1f5c2a 9e8d7c6b 5a4f3e2d 1c0b9a8f 7e6d5c4b 3a2f1e0d 9c8b7a6f 5e4d3c2b\n"
                  "  Last reload  2026-03-02 09:58:11 UTC (api): activated. The clean door serves CN=gw.example.com.\n"
                  "  Connections  1 connection open, 20117 handshakes, 31 failed\n"
                  "  warn  expires_soon  It expires in 12 days. Renew.\n"
                  "\n"
                  "admin\n"
                  "  Padlock      green\n"
                  "  Hostname     admin.example.com\n"));
}

TEST_CASE(
    "the status says in one line that all is right, and does not where a change was refused or old TLS is taken") {
    json status{{"interfaces", {{"clean", door()}, {"admin", door()}}}};
    json interfaces{{"items", {interface("clean", "green"), interface("admin", "green")}}};
    CHECK(holds(status_text(status, interfaces, 0), "\nBoth doors are all right.\n"));

    interfaces["items"][0]["tls"]["legacy"] = true;
    const std::string old = status_text(status, interfaces, 0);
    CHECK(holds(old, "\nNot all right: the clean door."));
    CHECK(holds(old,
                "  Old TLS      TLS 1.0 and 1.1 are taken. As soon as no client needs them: gatehousectl tls legacy "
                "disable --interface clean\n"));

    json& reload = status["interfaces"]["admin"]["last_reload"];
    reload["result"] = "refused";
    reload["code"] = "key_locked";
    reload["message"] = "The key is encrypted.";
    const std::string refused = status_text(status, interfaces, 0);
    CHECK(holds(refused, "\nNot all right: the clean and the admin door."));
    CHECK(holds(refused,
                "(api): refused key_locked. The key is encrypted. Give its passphrase: gatehousectl passphrase "
                "set --interface admin\n"));
    reload["code"] = "unparsable";
    CHECK(holds(status_text(status, interfaces, 0), "gatehousectl certificate upload --interface admin FILE"));
}

TEST_CASE("what is wrong with the box as a whole is said before its doors, with what to do") {
    json status{{"interfaces", {{"clean", door()}, {"admin", door()}}},
                {"troubles",
                 {{{"code", "records_failed"}, {"message", "It is damaged."}, {"advice", "Restore it."}},
                  {{"code", "needs_restart"}, {"message", "For workers\x1b."}, {"advice", ""}}}}};
    json interfaces{{"items", {interface("clean", "green"), interface("admin", "green")}}};
    CHECK(holds(status_text(status, interfaces, 0),
                "\nNot all right: the box as a whole. What is the matter stands below.\n"
                "\n"
                "the box as a whole\n"
                "  records_failed  It is damaged. Restore it.\n"
                "  needs_restart   For workers\\x1B.\n"
                "\n"
                "clean\n"));
    interfaces["items"][1]["padlock"] = "red";
    CHECK(holds(status_text(status, interfaces, 0), "\nNot all right: the box as a whole, the admin door. What"));
    status["troubles"] = json::array();
    interfaces["items"][1]["padlock"] = "green";
    CHECK(holds(status_text(status, interfaces, 0), "\nBoth doors are all right.\n\nclean\n"));
}

TEST_CASE("hostnames and policies are lines of a table, of one door or of both") {
    json interfaces{{"items", {interface("clean", "yellow"), interface("admin", "green")}}};
    interfaces["items"][1]["fixed"] = {"hostname", "tls.policy"};
    CHECK(hostnames_text(interfaces, "", 0) ==
          "DOOR   HOSTNAME           FROM                       PADLOCK\n"
          "clean  clean.example.com  set here or in the portal  yellow: It expires in 12 days.\n"
          "admin  admin.example.com  set here or in the portal  green\n");
    CHECK(policies_text(interfaces, "admin", 0) ==
          "DOOR   POLICY        FROM                TLS 1.0 AND 1.1\n"
          "admin  intermediate  configuration file  refused\n");
}

TEST_CASE("open sessions are lines of a table") {
    CHECK(sessions_text({{"items", json::array()}}, 0) == "Nobody is signed in.\n");
    CHECK(sessions_text({{"items",
                          {{{"id", "17"},
                            {"username", "admin"},
                            {"address", "192.0.2.17"},
                            {"user_agent", "Mozilla/5.0"},
                            {"created_at", "2026-03-02T10:00:00Z"},
                            {"last_used_at", "2026-03-02T10:12:31Z"}}}}},
                        0) ==
          "ID  WHO    FROM        SINCE                    LAST USED                BROWSER\n"
          "17  admin  192.0.2.17  2026-03-02 10:00:00 UTC  2026-03-02 10:12:31 UTC  Mozilla/5.0\n");
}

TEST_CASE("a certificate is shown with names, chain and what it stands on") {
    json served = certificate("CN=gw.example.com");
    served["interface"] = "clean";
    served["hostname"] = "gw.example.com";
    served["source"] = "self_signed";
    served["activated_at"] = "2026-03-02T09:58:11Z";
    served["trigger"] = "watch";
    served["chain"] = {certificate("CN=gw.example.com"), certificate("CN=Test intermediate")};
    served["chain_complete"] = false;
    served["anchor"] = nullptr;
    served["findings"] = json::array();
    served["padlock"] = "yellow";
    served["padlock_reasons"] = {"The chain is incomplete."};
    served["previous"] = nullptr;
    const std::string text = certificate_text(served, 0);
    CHECK(holds(text, "  Padlock     yellow: The chain is incomplete.\n"));
    CHECK(holds(text, "  Source      self-signed, made by Gatehouse, since 2026-03-02 09:58:11 UTC (watch)\n"));
    CHECK(holds(text, "  Names       gw.example.com, 192.0.2.1\n"));
    CHECK(holds(text, "  Valid       2026-01-01 00:00:00 UTC to 2027-01-01 00:00:00 UTC, 304 days left\n"));
    CHECK(holds(text,
                "  Chain       CN=gw.example.com (ECDSA P-256, until 2027-01-01)\n"
                "              CN=Test intermediate (ECDSA P-256, until 2027-01-01)\n"
                "              incomplete: no known root issued the last one\n"));
    CHECK_FALSE(holds(text, "Previous"));

    served["anchor"] = certificate("CN=Test root");
    served["chain_complete"] = true;
    served["previous"] = certificate("CN=old.example.com");
    served["padlock"] = "green";
    served["padlock_reasons"] = json::array();
    served["days_left"] = -3;
    const std::string other = certificate_text(served, 0);
    CHECK(holds(other, "  Padlock     green\n"));
    CHECK(holds(other, "issued by the root CN=Test root"));
    CHECK(holds(other, "  Previous    CN=old.example.com, "));
    CHECK(holds(other, "expired 2 days ago"));
    served["days_left"] = -1;
    CHECK(holds(certificate_text(served, 0), "expired less than a day ago"));
}

TEST_CASE("lists say when there is nothing in them") {
    const json empty{{"items", json::array()}, {"next", nullptr}};
    CHECK(operators_text(empty, 0) == "There are no operators.\n");
    CHECK(tokens_text(empty, 0) == "There are no tokens.\n");
    CHECK(authorities_text(empty, 0) == "No authorities were added.\n");
    CHECK(audit_text(empty, 0) == "No records.\n");
}

TEST_CASE("accounts, tokens and records are lines of a table") {
    CHECK(operators_text({{"items",
                           {{{"username", "mira"},
                             {"name", ""},
                             {"email", "m@example.com"},
                             {"role", "read"},
                             {"totp", true},
                             {"last_sign_in_at", nullptr}}}}},
                         0) ==
          "USERNAME  ROLE  2ND FACTOR  LAST SIGN-IN  NAME  E-MAIL\n"
          "mira      read  yes         -             -     m@example.com\n");
    const json tokens{
        {"items",
         {{{"id", "t_2"}, {"name", "t_1"}, {"role", "read"}, {"operator", "mira"}, {"expires_at", nullptr}},
          {{"id", "t_1"},
           {"name", "prometheus"},
           {"role", "operate"},
           {"operator", "admin"},
           {"expires_at", "2027-03-01T00:00:00Z"},
           {"last_used_at", "2026-03-01T00:00:00Z"}}}}};
    CHECK(tokens_text(tokens, 0) ==
          "NAME        ROLE     ID   OF     EXPIRES                  LAST USED\n"
          "t_1         read     t_2  mira   never                    -\n"
          "prometheus  operate  t_1  admin  2027-03-01 00:00:00 UTC  2026-03-01 00:00:00 UTC\n");
    CHECK(token_id(tokens, "prometheus") == "t_1");
    CHECK(token_id(tokens, "t_1") == "t_1");  // an id goes before another's name
    CHECK(token_id(tokens, "none").empty());
    CHECK(audit_text({{"items",
                       {{{"at", "2026-03-02T09:58:11.5Z"},
                         {"actor", "\x1B[31mroot"},
                         {"via", "session"},
                         {"address", "192.0.2.9"},
                         {"action", "session.refused"},
                         {"interface", nullptr},
                         {"object", nullptr},
                         {"result", "refused"},
                         {"code", "credentials_wrong"}},
                        {{"at", "2026-03-02T09:58:10Z"},
                         {"actor", "root"},
                         {"via", "console"},
                         {"address", nullptr},
                         {"action", "certificate.uploaded"},
                         {"interface", "clean"},
                         {"object", "clean"},
                         {"result", "done"},
                         {"code", nullptr},
                         {"before_sha256", nullptr},
                         {"after_sha256", nullptr}}}}},
                     0) ==
          "AT                       WHO           FROM               ACTION                OF     RESULT\n"
          "2026-03-02 09:58:11 UTC  \\x1B[31mroot  session 192.0.2.9  session.refused       -      refused "
          "credentials_wrong\n"
          "2026-03-02 09:58:10 UTC  root          console            certificate.uploaded  clean  done\n");
}

TEST_CASE("a record of a certificate says which went and which came") {
    json record{{"at", "2026-03-02T09:58:10Z"},
                {"actor", "root"},
                {"via", "console"},
                {"action", "certificate.uploaded"},
                {"object", "clean"},
                {"result", "done"},
                {"before_sha256", nullptr},
                {"after_sha256", fingerprint}};
    json other = record;
    other["before_sha256"] = fingerprint;
    other["after_sha256"] = std::string(64, 'a');
    json signing_in{{"at", "2026-03-02T09:58:09Z"}, {"actor", "root"}, {"via", "session"}, {"result", "done"}};
    const std::string text = audit_text({{"items", {record, other, signing_in}}}, 0);
    CHECK(holds(text, "RESULT  SHA-256 BEFORE -> AFTER\n"));
    CHECK(holds(text, "done    - -> 3b1f5c2a9e8d7c6b\n"));
    CHECK(holds(text, "done    3b1f5c2a9e8d7c6b -> aaaaaaaaaaaaaaaa\n"));
}

TEST_CASE("the network's settings say where they come from") {
    CHECK(network_text({{"dns", {{"clean", {"10.0.0.53", "10.0.0.54"}}, {"dirty", json::array()}}},
                        {"source", {{"clean", ""}, {"dirty", "eth1"}}},
                        {"fixed", {"dns.clean"}}},
                       0) ==
          "NETWORK  RESOLVERS                                  GOES OUT BY\n"
          "clean    10.0.0.53, 10.0.0.54 (configuration file)  as the system chooses\n"
          "dirty    the system's                               eth1\n");
}

TEST_CASE("an answer of another shape is shown as far as it goes") {
    for (const json& odd : {json(), json::array(), json("text"), json(7), json{{"items", 7}},
                            json{{"items", {1, nullptr, "x"}}}, json{{"interfaces", "none"}, {"chain", {{"a", 1}}}}}) {
        CHECK_NOTHROW(status_text(odd, odd, 20));
        CHECK_NOTHROW(certificate_text(odd, 20));
        CHECK_NOTHROW(operators_text(odd, 20));
        CHECK_NOTHROW(tokens_text(odd, 20));
        CHECK_NOTHROW(authorities_text(odd, 20));
        CHECK_NOTHROW(retrieved_text(odd, 20));
        CHECK_NOTHROW(network_text(odd, 20));
        CHECK_NOTHROW(audit_text(odd, 20));
    }
    CHECK_NOTHROW(event_text({"", "message", "no JSON"}));
    for (const std::string hostile : {"\x1B]0;x\x07", "\xE2\x80\xAE"}) {
        const json served{
            {"interface", hostile}, {"fingerprint_sha256", hostile}, {"items", {{{"interface", hostile}}}}};
        CHECK(certificate_text(served, 80).find(hostile) == std::string::npos);
    }
}

TEST_CASE("a host may come with a port, an IPv6 address in brackets") {
    const auto parse = [](const std::string& text) {
        const auto destination = parse_destination(text);
        return destination ? destination->host + " " + std::to_string(destination->port)
                           : "exit " + std::to_string(static_cast<int>(destination.error().exit));
    };
    CHECK(parse("host.example") == "host.example 0");
    CHECK(parse("host.example:8443") == "host.example 8443");
    CHECK(parse("192.0.2.1:65535") == "192.0.2.1 65535");
    CHECK(parse("2001:db8::1") == "2001:db8::1 0");
    CHECK(parse("[2001:db8::1]") == "2001:db8::1 0");
    CHECK(parse("[2001:db8::1]:443") == "2001:db8::1 443");
    for (const std::string wrong :
         {"host:", "host:0", "host:65536", "host:https", "host:-1", "[::1", "[::1]x", "[::1]:"}) {
        INFO(wrong);
        CHECK(parse(wrong) == "exit 2");
    }
}

TEST_CASE("a fingerprint is found by its beginning, as people write it") {
    const std::string second = "3b1f5c2a00000000000000000000000000000000000000000000000000000000";
    const auto match = [&](const std::string& typed) {
        const auto found = matching_fingerprint({fingerprint, second, fingerprint}, typed);
        return found ? *found : found.error().error.code;
    };
    CHECK(match(fingerprint) == fingerprint);
    CHECK(match("3B:1F:5C:2A:9E") == fingerprint);
    CHECK(match("3b1f5c2a 00") == second);
    CHECK(match("3b1f5c2a") == "not_unique");
    CHECK(match("ffffffff") == "not_found");
    CHECK(match("3b1f5c2") == "usage");
    CHECK(match("") == "usage");
    CHECK(match("CN=Test root") == "usage");
}

TEST_CASE("only what warns has to be confirmed, once") {
    CHECK(codes_to_confirm({{"reordered", "note", "", ""},
                            {"expired", "warn", "", ""},
                            {"key_mismatch", "refuse", "", ""},
                            {"expired", "warn", "", ""},
                            {"key_mode", "warn", "", ""}}) == std::vector<std::string>{"expired", "key_mode"});
}

TEST_CASE("a refusal says why, where and what to do, and keeps the daemon's words for --json") {
    const std::string body =
        R"({"type":"about:blank","title":"Conflict","status":409,"code":"confirmation_required",)"
        R"("detail":"One warning has to be confirmed.","pointer":"/key","findings":)"
        R"([{"code":"expired","severity":"warn","message":"It has expired.","advice":"Renew it."}]})";
    const Failure failure = refusal(409, body);
    CHECK(failure.exit == Exit::refused);
    std::ostringstream out;
    std::ostringstream err;
    const Terminal nobody(-1, -1, -1);
    CHECK(report(failure, false, nobody, out, err) == 1);
    CHECK(out.str().empty());
    CHECK(err.str() ==
          "gatehousectl: One warning has to be confirmed. (--key) [confirmation_required]\n"
          "  warn  expired  It has expired. Renew it.\n");
    std::ostringstream quiet;
    CHECK(report(failure, true, nobody, out, quiet) == 1);
    CHECK(out.str() == body + "\n");
    CHECK(quiet.str().empty());

    std::ostringstream lines;
    CHECK(report(refusal(422, R"({"code":"configuration_invalid","detail":"One\u001b thing.\nAnother."})"), false,
                 nobody, out, lines) == 1);
    CHECK(lines.str() == "gatehousectl: One\\x1B thing.\n  Another. [configuration_invalid]\n");
    CHECK(refusal(503, "").error.message == "The daemon answered 503.");
    CHECK(refusal(500, "<html>").error.message == "The daemon answered 500.");
    CHECK(refusal(500, R"({"title":"Internal Server Error"})").error.message ==
          "The daemon answered 500 Internal Server Error.");
}

TEST_CASE("what is refused without the daemon has a code and a detail, too") {
    const gatehouse::base::Error error{gatehouse::base::ErrorKind::io, "file_io", "It can't be read.", "Name another."};
    CHECK(json::parse(problem_of(error)) == json{{"code", "file_io"}, {"detail", "It can't be read. Name another."}});
}

TEST_CASE("a refusal names what of the command line it is about, not the API's member") {
    const auto place = [](const std::string& pointer) {
        return refusal(422, json{{"code", "x"}, {"detail", "No."}, {"pointer", pointer}}.dump()).error.message;
    };
    CHECK(place("/subject/country") == "No. (C in --subject)");
    CHECK(place("/names/1") == "No. (--name)");
    CHECK(place("/name") == "No. (the name)");
    CHECK(place("/dns/dirty/0") == "No. (--dns)");
    CHECK(place("?confirm") == "No. (--confirm)");
    CHECK(place("/unheard/of") == "No.");
    CHECK(
        refusal(422, R"({"code":"bad_value","detail":"/days must be 1 to 36500.","pointer":"/days"})").error.message ==
        "--days must be 1 to 36500.");
}

TEST_CASE("an event is one line") {
    CHECK(event_text({"7", "certificate.changed",
                      R"({"at":"2026-03-02T09:58:11Z","interface":"clean","message":"The clean\ndoor serves X."})"}) ==
          "2026-03-02 09:58:11 UTC  certificate.changed  clean  The clean\\ndoor serves X.");
}

TEST_CASE("a program is given a name and one line with an object, or nothing") {
    const auto told = told_event({"7", "tls.handshake_failed", "{\"b\":1,\n\"interface\":\"clean\"}"}, false);
    CHECK(told == ToldEvent{"tls.handshake_failed", "clean", R"({"b":1,"interface":"clean"})"});
    CHECK(told_event({"", "a", "{}"}, false) == ToldEvent{"a", "", "{}"});
    CHECK(told_event({"", "a", "{\"m\":\"\xC2\x9B\"}"}, true)->json == R"({"m":"\u009b"})");
    for (const std::string kind : {"() { :;}; x", "a\nb", "A", "", "\x1B[31m"})
        CHECK_FALSE(told_event({"", kind, "{}"}, false));
    for (const std::string data :
         {"one\ntwo", "[1]", "", "7", "null", R"({"interface":"() { :;}; x"})", R"({"interface":"clean\u0000"})"})
        CHECK_FALSE(told_event({"", "a", data}, false));
    const std::string open(65, '[');
    const std::string close(65, ']');
    CHECK_FALSE(told_event({"", "a", "{\"a\":" + open + close + "}"}, false));
}

}  // namespace commands_test
