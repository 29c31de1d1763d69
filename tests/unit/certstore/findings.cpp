// What the checks have to say about a credential: each code, when it is said and when not.
#include "certstore/findings.hpp"

#include "base/advice.hpp"
#include "certstore/pem.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <unistd.h>
#include <utility>

namespace gatehouse::certstore::findings_test {
namespace {

using testing::ca_wish;
using testing::day;
using testing::load;
using testing::Made;
using testing::make;
using testing::now;
using testing::Wish;

Circumstances at_the_box() {
    return {.hostname = "box.example", .now = now, .service_uid = 990};
}

std::vector<std::string> codes(const std::vector<Finding>& findings) {
    std::vector<std::string> found;
    for (const Finding& finding : findings)
        found.push_back(std::string(name(finding.severity)) + " " + finding.code);
    return found;
}

Finding the(const std::vector<Finding>& findings, const std::string& code) {
    const auto found = std::find_if(findings.begin(), findings.end(), [&](const Finding& f) { return f.code == code; });
    INFO("looking for " << code);
    REQUIRE(found != findings.end());
    return *found;
}

bool has(const std::vector<Finding>& findings, const std::string& code) {
    return std::any_of(findings.begin(), findings.end(), [&](const Finding& f) { return f.code == code; });
}

std::vector<Finding> judged(const Made& made, const Circumstances& circumstances = at_the_box()) {
    return judge(*load(made), circumstances);
}

using Codes = std::vector<std::string>;

TEST_CASE("a good chain from a root in the file has nothing to say against it") {
    const Made root = make(ca_wish("Root"));
    const Made leaf = make({}, &root);
    CHECK(judge(*load(leaf.pem() + root.pem(), leaf.key_pem()), at_the_box()).empty());
}

TEST_CASE("plain openssl req -x509 output is served with notes and warnings, never refused") {
    const tests::Folder folder;
    testing::run(folder.path(),
                 "openssl req -x509 -days 3650 -newkey rsa:4096 -nodes -keyout key -out cert -subj /CN=box.example");
    const CredentialPtr credential = load(testing::read_text(folder / "cert"), testing::read_text(folder / "key"));
    Circumstances circumstances = at_the_box();
    circumstances.now = describe(credential->leaf()).not_before + 60;
    const auto findings = judge(*credential, circumstances);
    CHECK(codes(findings) == Codes{"note cn_only", "note self_signed", "note long_validity"});
    CHECK_FALSE(refuses(findings));
}

TEST_CASE("RSA below 2048 bits is refused, in the leaf and in an intermediate, not in the root") {
    CHECK(has(judged(make({}, nullptr, "RSA:1024")), "key_weak"));
    CHECK_FALSE(has(judged(make({}, nullptr, "RSA:2048")), "key_weak"));
    const Made root = make(ca_wish("Root"), nullptr, "RSA:1024");
    const Made good = make(ca_wish("Good"), &root);
    const Made weak = make(ca_wish("Weak"), &root, "RSA:1024");
    const Made a = make({}, &good);
    const Made b = make({}, &weak);
    CHECK_FALSE(has(judge(*load(a.pem() + good.pem() + root.pem(), a.key_pem()), at_the_box()), "key_weak"));
    const auto findings = judge(*load(b.pem() + weak.pem() + root.pem(), b.key_pem()), at_the_box());
    CHECK_THAT(the(findings, "key_weak").message, Catch::Contains("CN=Weak") && Catch::Contains("RSA 1024"));
    CHECK(refuses(findings));
}

TEST_CASE("SHA-1 and MD5 signatures by an issuer are refused; a self-signature does not matter") {
    Wish wish;
    wish.digest = GENERATE("SHA1", "MD5");
    CAPTURE(wish.digest);
    const Made root = make(ca_wish("Root"), nullptr, "RSA:2048");
    const Made leaf = make(wish, &root);
    const auto findings = judge(*load(leaf.pem() + root.pem(), leaf.key_pem()), at_the_box());
    CHECK(the(findings, "signature_weak").severity == Severity::refuse);
    CHECK_THAT(the(findings, "signature_weak").message, Catch::Contains("CN=box.example"));
    CHECK_FALSE(has(judged(make(wish, nullptr, "RSA:2048")), "signature_weak"));

    Wish weak_issuer = ca_wish("Weak");
    weak_issuer.digest = wish.digest;
    const Made middle = make(weak_issuer, &root);
    const Made below = make({}, &middle);
    const auto of_middle = judge(*load(below.pem() + middle.pem() + root.pem(), below.key_pem()), at_the_box());
    CHECK_THAT(the(of_middle, "signature_weak").message, Catch::Contains("CN=Weak"));
}

TEST_CASE("a purpose that excludes servers is refused, no stated purpose is not") {
    Wish wish;
    const auto refused = [&](const std::string& extended, const std::string& usage) {
        wish.extended_key_usage = extended;
        wish.key_usage = usage;
        return has(judged(make(wish)), "not_server_auth");
    };
    CHECK(refused("clientAuth", ""));
    CHECK(refused("codeSigning,emailProtection", ""));
    CHECK_FALSE(refused("clientAuth,serverAuth", ""));
    CHECK_FALSE(refused("anyExtendedKeyUsage", ""));
    CHECK_FALSE(refused("", ""));
    CHECK(refused("serverAuth", "keyEncipherment"));
    CHECK(refused("", "critical,keyCertSign,cRLSign"));
    CHECK_FALSE(refused("serverAuth", "digitalSignature,keyEncipherment"));
}

TEST_CASE("validity is told by its limits, to the second") {
    const Wish wish;
    const Made made = make(wish);
    const CredentialPtr credential = load(made);
    const auto at = [&](std::int64_t time) {
        Circumstances circumstances = at_the_box();
        circumstances.now = time;
        const auto findings = judge(*credential, circumstances);
        Codes found;
        for (const char* code : {"expired", "not_yet_valid", "expires_soon"}) {
            if (has(findings, code)) found.emplace_back(code);
        }
        return found;
    };
    CHECK(at(wish.not_before - 1) == Codes{"not_yet_valid"});
    CHECK(at(wish.not_before).empty());
    CHECK(at(wish.not_after - 30 * day).empty());
    CHECK(at(wish.not_after - 30 * day + 1) == Codes{"expires_soon"});
    CHECK(at(wish.not_after) == Codes{"expires_soon"});
    CHECK(at(wish.not_after + 1) == Codes{"expired"});
    CHECK_FALSE(valid_at(*credential, wish.not_before - 1));
    CHECK(valid_at(*credential, wish.not_before));
    CHECK(valid_at(*credential, wish.not_after));
    CHECK_FALSE(valid_at(*credential, wish.not_after + 1));
    Circumstances late = at_the_box();
    late.now = wish.not_after + 1;
    const auto findings = judge(*credential, late);
    CHECK_THAT(the(findings, "expired").message, Catch::Contains("2026-07-20 00:00 UTC"));
    CHECK_FALSE(refuses(findings));
}

TEST_CASE("what time alone will change of the findings is known beforehand, to the second") {
    Wish brief;
    brief.not_after = brief.not_before + 90 * day;
    const Made root = make(ca_wish("Root"));
    Wish longer = ca_wish("Middle");
    longer.not_before = brief.not_before - day;
    longer.not_after = brief.not_after + day;
    const Made middle = make(longer, &root);
    const Made leaf = make(brief, &middle);
    const auto credential = load(leaf.pem() + middle.pem(), leaf.key_pem());
    CHECK(next_turn(*credential, 0) == longer.not_before);
    CHECK(next_turn(*credential, longer.not_before) == brief.not_before);
    CHECK(next_turn(*credential, brief.not_before) == brief.not_after - 30 * day + 1);
    CHECK(next_turn(*credential, longer.not_after - 30 * day + 1) == brief.not_after + 1);
    CHECK(next_turn(*credential, brief.not_after) == brief.not_after + 1);
    CHECK(next_turn(*credential, brief.not_after + 1) == longer.not_after + 1);
    CHECK(next_turn(*credential, longer.not_after + 1) == std::nullopt);
}

TEST_CASE("an expired intermediate is told by its name, an expired root is not") {
    Wish expired = ca_wish("Old");
    expired.not_after = now - 1;
    const Made root = make(ca_wish("Root"));
    const Made middle = make(expired, &root);
    const Made leaf = make({}, &middle);
    const auto findings = judge(*load(leaf.pem() + middle.pem() + root.pem(), leaf.key_pem()), at_the_box());
    CHECK_THAT(the(findings, "expired").message, Catch::Contains("CN=Old"));
    const Made old_root = make(expired);
    const Made below = make({}, &old_root);
    CHECK_FALSE(has(judge(*load(below.pem() + old_root.pem(), below.key_pem()), at_the_box()), "expired"));
}

TEST_CASE("the hostname is looked for in the SAN, and in the CN only where there is no SAN") {
    Wish wish;
    const auto covers = [&](const std::string& common, const std::string& names, const std::string& hostname) {
        wish.common_name = common;
        wish.alternative_names = names;
        Circumstances circumstances = at_the_box();
        circumstances.hostname = hostname;
        return !has(judged(make(wish), circumstances), "hostname_mismatch");
    };
    CHECK(covers("x", "DNS:a.example,DNS:box.example", "box.example"));
    CHECK(covers("x", "DNS:BOX.example", "box.example."));
    CHECK(covers("x", "DNS:*.example.org", "box.example.org"));
    CHECK_FALSE(covers("x", "DNS:*.example.org", "a.box.example.org"));
    CHECK_FALSE(covers("x", "DNS:b*.example.org", "box.example.org"));
    CHECK_FALSE(covers("box.example", "DNS:other.example", "box.example"));
    CHECK_FALSE(covers("box.example", "IP:192.0.2.1", "box.example"));
    CHECK_FALSE(covers("box.example", "email:a@b.example", "box.example"));
    CHECK(covers("box.example", "", "box.example"));
    CHECK_FALSE(covers("other.example", "", "box.example"));
    CHECK(covers("x", "IP:192.0.2.1", "192.0.2.1"));
    CHECK(covers("x", "IP:2001:db8::1", "2001:db8:0::1"));
    CHECK_FALSE(covers("x", "DNS:192.0.2.1", "192.0.2.1"));
    CHECK(covers("192.0.2.1", "", "192.0.2.1"));
}

TEST_CASE("a mismatch names the names that the certificate has and the one that was looked for") {
    Circumstances circumstances = at_the_box();
    circumstances.hostname = "other.example";
    const Finding finding = the(judged(make({}), circumstances), "hostname_mismatch");
    CHECK(finding.severity == Severity::warn);
    CHECK_THAT(finding.message, Catch::Contains("box.example") && Catch::Contains("other.example"));
}

TEST_CASE("where the hostname is unknown no certificate is judged by its names") {
    Circumstances circumstances = at_the_box();
    circumstances.hostname = "";
    CHECK_FALSE(has(judged(make({}), circumstances), "hostname_mismatch"));
    Wish common_name_only;
    common_name_only.alternative_names = "";
    CHECK(the(judged(make(common_name_only), circumstances), "cn_only").advice.empty());
}

TEST_CASE("a chain without its end warns, unless this machine knows the issuer") {
    const tests::Folder anchors;
    const Made root = make(ca_wish("Root"));
    const Made impostor = make(ca_wish("Root"));
    const Made middle = make(ca_wish("Middle"), &root);
    const Made leaf = make({}, &middle);
    ::setenv("SSL_CERT_DIR", anchors.path().c_str(), 1);
    const auto incomplete = [&](const std::string& pem) {
        return has(judge(*load(pem, leaf.key_pem()), at_the_box()), "chain_incomplete");
    };
    CHECK(incomplete(leaf.pem()));
    CHECK(incomplete(leaf.pem() + middle.pem()));
    CHECK_FALSE(incomplete(leaf.pem() + middle.pem() + root.pem()));
    testing::write_text(anchors / "root.pem", impostor.pem());
    testing::run(anchors.path(), "openssl rehash .");
    CHECK(incomplete(leaf.pem() + middle.pem()));
    testing::write_text(anchors / "root.pem", root.pem());
    testing::run(anchors.path(), "openssl rehash .");
    CHECK_FALSE(incomplete(leaf.pem() + middle.pem()));
    CHECK(incomplete(leaf.pem()));
    const Finding finding = the(judge(*load(leaf.pem(), leaf.key_pem()), at_the_box()), "chain_incomplete");
    CHECK_THAT(finding.message, Catch::Contains("CN=Middle") && Catch::Contains("/pair/cert.pem"));
    Circumstances sent = at_the_box();
    sent.spoken = Spoken::of_what_was_sent;
    const Finding of_sent = the(judge(*load(leaf.pem(), leaf.key_pem()), sent), "chain_incomplete");
    CHECK_THAT(of_sent.message, Catch::Contains("is neither in what was sent nor known"));
    CHECK(of_sent.advice == "Send the issuer's certificate along with it.");
    ::unsetenv("SSL_CERT_DIR");
}

TEST_CASE("a key open to others is told with owner, mode and the command that mends it") {
    const Made made = make({});
    const auto findings_with = [&](mode_t mode, uid_t owner) {
        PairFiles files = testing::pair_files(made.pem(), made.key_pem());
        files.key.facts.mode = mode;
        files.key.facts.owner = owner;
        files.paths.key = "/etc/my keys/box.key";
        return judge(*Credential::load(std::move(files), {}).value(), at_the_box());
    };
    for (const mode_t mode : {0640U, 0604U, 0620U, 0602U, 0610U, 0777U})
        CHECK(has(findings_with(mode, 0), "key_mode"));
    for (const mode_t mode : {0600U, 0400U, 0700U})
        CHECK_FALSE(has(findings_with(mode, 0), "key_mode"));
    const Finding open = the(findings_with(0644, 0), "key_mode");
    CHECK(open.severity == Severity::warn);
    CHECK_THAT(open.message, Catch::Contains("root") && Catch::Contains("0644"));
    CHECK(open.advice == "Run: chmod 0600 '/etc/my keys/box.key'");

    CHECK_FALSE(has(findings_with(0600, 0), "key_owner"));
    CHECK_FALSE(has(findings_with(0600, 990), "key_owner"));
    const Finding foreign = the(findings_with(0600, 54321), "key_owner");
    CHECK(foreign.severity == Severity::warn);
    CHECK_THAT(foreign.message, Catch::Contains("54321") && Catch::Contains("0600"));
    CHECK(foreign.advice == "Run: chown " + base::user_name(990) + " '/etc/my keys/box.key'");
}

TEST_CASE("no command is told for a key where others than root may lay a link") {
    if (::geteuid() != 0) return;
    const gatehouse::tests::Folder folder;
    REQUIRE(::chown(folder.path().c_str(), 990, 990) == 0);
    const Made made = make({});
    for (const auto& [mode, owner] : {std::pair<mode_t, uid_t>(0644, 0), std::pair<mode_t, uid_t>(0600, 54321)}) {
        PairFiles files = testing::pair_files(made.pem(), made.key_pem());
        files.key.facts.mode = mode;
        files.key.facts.owner = owner;
        files.paths.key = folder / "cert.key";
        const auto findings = judge(*Credential::load(std::move(files), {}).value(), at_the_box());
        CHECK_THAT(the(findings, owner == 0 ? "key_mode" : "key_owner").advice,
                   Catch::StartsWith("Run: gatehousectl adopt.") && !Catch::Contains("cert.key"));
    }
}

TEST_CASE("keys that browsers do not take warn") {
    for (const char* type : {"ED25519", "EC:P-521"})
        CHECK(has(judged(make({}, nullptr, type)), "browsers_refuse"));
    for (const char* type : {"EC:P-256", "EC:P-384", "RSA:2048"}) {
        CHECK_FALSE(has(judged(make({}, nullptr, type)), "browsers_refuse"));
    }
}

TEST_CASE("longer than 825 days is noted") {
    Wish wish;
    wish.not_after = wish.not_before + 825 * day;
    CHECK_FALSE(has(judged(make(wish)), "long_validity"));
    wish.not_after += 1;
    CHECK(the(judged(make(wish)), "long_validity").severity == Severity::note);
}

TEST_CASE("a repaired order, a self-signature and a missing SAN are noted") {
    const Made root = make(ca_wish("Root"));
    const Made leaf = make({}, &root);
    const auto findings = judge(*load(root.pem() + leaf.pem(), leaf.key_pem()), at_the_box());
    CHECK(codes(findings) == Codes{"note reordered"});
    CHECK_THAT(findings.front().message, Catch::Contains("/pair/cert.pem"));
    Circumstances sent = at_the_box();
    sent.spoken = Spoken::of_what_was_sent;
    CHECK_THAT(judge(*load(root.pem() + leaf.pem(), leaf.key_pem()), sent).front().message,
               Catch::StartsWith("The certificates in what was sent are not in the order"));
    CHECK(codes(judged(make({}))) == Codes{"note self_signed"});
    Wish wish;
    wish.alternative_names.clear();
    CHECK(codes(judged(make(wish))) == Codes{"note cn_only", "note self_signed"});
}

TEST_CASE("the gravest findings come first") {
    Wish wish;
    wish.extended_key_usage = "clientAuth";
    wish.not_after = now - 1;
    CHECK(codes(judged(make(wish))) == Codes{"refuse not_server_auth", "warn expired", "note self_signed"});
}

TEST_CASE("an error becomes the refusal of its code; an unreadable key stays the warning it is listed as") {
    using base::Error;
    using base::ErrorKind;
    for (const char* code : {"key_mismatch", "unparsable", "key_locked", "key_weak", "signature_weak"}) {
        const Finding finding = refusal(Error{ErrorKind::input, code, "message", "advice"});
        CHECK(finding == Finding{code, Severity::refuse, "message", "advice"});
    }
    CHECK(refusal(Error{ErrorKind::crypto, "handshake_failed", "m", "a"}).code == "unparsable");
    CHECK(refuses({refusal(Error{ErrorKind::crypto, "context_failed", "m", "a"})}));
    const Finding unreadable = refusal(Error{ErrorKind::unavailable, "key_unreadable", "m", "a"});
    CHECK(unreadable.code == "key_unreadable");
    CHECK(unreadable.severity == Severity::warn);
}

}  // namespace
}  // namespace gatehouse::certstore::findings_test
