// Signing requests, read and signed by the real openssl.
#include "certstore/request.hpp"

#include "certstore/bundle.hpp"
#include "certstore/match.hpp"
#include "certstore/pem.hpp"
#include "tests/unit/certstore/certificates.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>

namespace gatehouse::certstore::request_test {
namespace {

using base::ErrorKind;
using config::KeyType;
using testing::read_text;
using testing::run;
using testing::write_text;

const Subject whole{"box.example", "Example & Söhne, Ltd.", "Security", "Zürich", "ZH", "ch"};

MadeRequest make_well(const RequestWish& wish) {
    auto made = make_request(wish);
    CHECK(ERR_peek_error() == 0);
    INFO((made ? std::string() : made.error().text()));
    REQUIRE(made);
    return std::move(*made);
}

// What openssl says of a request, after it verified its signature.
std::string text_of(const MadeRequest& made) {
    const tests::Folder folder;
    write_text(folder / "request.csr", made.request_pem);
    run(folder.path(), "openssl req -in request.csr -verify -noout -text -nameopt utf8,sep_comma_plus");
    return read_text(folder / "output.txt");
}

TEST_CASE("openssl reads the request: subject, names, usages, and a signature that verifies") {
    const MadeRequest made = make_well({whole, {"box.example", "*.box.example", "192.0.2.1", "2001:db8::1"}});
    const std::string text = text_of(made);
    CHECK_THAT(text, Catch::Contains("verify OK") &&
                         Catch::Contains("C=CH,ST=ZH,L=Zürich,O=Example & Söhne, Ltd.,OU=Security,CN=box.example") &&
                         Catch::Contains("DNS:box.example, DNS:*.box.example, IP Address:192.0.2.1, "
                                         "IP Address:2001:DB8:0:0:0:0:0:1") &&
                         Catch::Contains("TLS Web Server Authentication") && Catch::Contains("Digital Signature") &&
                         Catch::Contains("ecdsa-with-SHA256"));
}

TEST_CASE("every key type of the configuration makes a request, whose key is the one beside it") {
    const auto [type, shown] =
        GENERATE(std::pair{KeyType::ecdsa_p256, "ECDSA P-256"}, std::pair{KeyType::rsa_2048, "RSA 2048"},
                 std::pair{KeyType::rsa_3072, "RSA 3072"}, std::pair{KeyType::rsa_4096, "RSA 4096"},
                 std::pair{KeyType::ed25519, "Ed25519"});
    const MadeRequest made = make_well({{}, {"box.example"}, type});
    CHECK_THAT(text_of(made), Catch::Contains("verify OK"));
    const auto facts = describe_request(made.request_pem, "f");
    REQUIRE(facts);
    CHECK(facts->key_type == shown);
    CHECK(facts->public_key_sha256 == made.public_key_sha256);
    const auto key = parse_key(made.key_pem.reveal(), {}, "f");
    REQUIRE(key);
    CHECK(sha256_hex(key->key.get()) == made.public_key_sha256);
}

TEST_CASE("the certificate that a CA makes of a request fits its key and names what was asked for") {
    const tests::Folder folder;
    const MadeRequest made = make_well({whole, {"box.example", "192.0.2.1"}, KeyType::rsa_2048});
    write_text(folder / "request.csr", made.request_pem);
    run(folder.path(),
        "openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=CA -days 10 && "
        "openssl x509 -req -in request.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 5 -copy_extensions copyall "
        "-out leaf.pem");
    const std::string leaf = read_text(folder / "leaf.pem");
    const auto credential = testing::load(leaf + read_text(folder / "ca.pem"), std::string(made.key_pem.reveal()));
    CHECK(credential->facts().front().names == std::vector<std::string>{"box.example", "192.0.2.1"});
    CHECK_FALSE(credential->reordered());
    CHECK(match(public_key_digests(leaf), {made.public_key_sha256, "another"}) == KeyOf::pending_request);
}

TEST_CASE("what a request says is read back") {
    const MadeRequest made = make_well({whole, {"a.example", "192.0.2.1"}});
    const auto facts = describe_request("words before\n" + made.request_pem, "f");
    REQUIRE(facts);
    CHECK(facts->subject == "CN=box.example,OU=Security,O=Example & Söhne\\, Ltd.,L=Zürich,ST=ZH,C=CH");
    CHECK(facts->names == std::vector<std::string>{"a.example", "192.0.2.1", "box.example"});
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("a common name that is a host's is asked for as a name too, another one is not; no name is asked for twice") {
    const auto names_of = [](const std::string& common_name, const std::vector<std::string>& names) {
        Subject subject;
        subject.common_name = common_name;
        return describe_request(make_well({subject, names}).request_pem, "f").value().names;
    };
    CHECK(names_of("box.example", {}) == std::vector<std::string>{"box.example"});
    CHECK(names_of("192.0.2.1", {}) == std::vector<std::string>{"192.0.2.1"});
    CHECK(names_of("Mail gateway", {}).empty());
    CHECK(names_of("", {"b.example", "b.example"}) == std::vector<std::string>{"b.example"});
    CHECK(names_of("b.example", {"a.example", "b.example"}) == std::vector<std::string>{"a.example", "b.example"});
}

TEST_CASE("names that no certificate can hold are refused, and why") {
    for (const auto& [name, why] : {std::pair<std::string, std::string>{"", "1 to 253 characters"},
                                    {"a b", "letters a to z"},
                                    {"a..b", "between its dots"},
                                    {"box.example.", "none at its ends"},
                                    {"-a.b", "hyphen"},
                                    {"a_b.example", "letters a to z"},
                                    {"b\xC3\xBC.example", "xn--"},
                                    {"*", "letters a to z"},
                                    {"a.*.b", "letters a to z"},
                                    {"*.192.0.2.1", "wildcard of an IP address"},
                                    {"192.0.2.999", "not an IP address"},
                                    {"a,DNS:evil", "letters a to z"},
                                    {std::string("a\0b", 3), "letters a to z"},
                                    {"https://box", "letters a to z"},
                                    {std::string(300, 'a'), "1 to 253 characters"}}) {
        CAPTURE(name);
        const auto made = make_request({{}, {"good.example", name}});
        REQUIRE_FALSE(made);
        CHECK(made.error().kind == ErrorKind::input);
        CHECK(made.error().code == "name_invalid");
        CHECK_THAT(made.error().message, Catch::Contains(why));
        CHECK(made.error().message.size() < 250);
    }
    CHECK(make_request({}).error().code == "name_invalid");
    CHECK(make_request({{}, std::vector<std::string>(150, "box.example")}));
    std::vector<std::string> many;
    for (int i = 0; i < 101; ++i)
        many.push_back("box" + std::to_string(i));
    CHECK(make_request({{}, many}).error().code == "name_invalid");
}

TEST_CASE("a subject that breaks its bounds is refused by its field") {
    const auto refused = [](const Subject& subject, const std::string& field) {
        const auto made = make_request({subject, {"box.example"}});
        REQUIRE_FALSE(made);
        CHECK(made.error().kind == ErrorKind::input);
        CHECK(made.error().code == "subject_invalid");
        CHECK_THAT(made.error().message, Catch::StartsWith(field + " of the subject"));
        CHECK(ERR_peek_error() == 0);
    };
    std::string umlauts;
    for (int i = 0; i < 64; ++i)
        umlauts += "ü";
    Subject subject;
    subject.common_name = umlauts;
    subject.locality = umlauts + umlauts;
    subject.organization = umlauts;
    CHECK(make_request({subject, {"box.example"}}));
    refused({umlauts + "x", "", "", "", "", ""}, "CN");
    refused({"", umlauts + "x", "", "", "", ""}, "O");
    refused({"", "", umlauts + "x", "", "", ""}, "OU");
    refused({"", "", "", umlauts + umlauts + "x", "", ""}, "L");
    refused({"", "", "", "", umlauts + umlauts + "x", ""}, "ST");
    for (const char* country : {"C", "CHE", "C1", "  ", "\xC3\xBC"})
        refused({"", "", "", "", "", country}, "C");
    refused({"", "line\nbreak", "", "", "", ""}, "O");
    refused({"", std::string("nul\0", 4), "", "", "", ""}, "O");
    refused({"", "\xFF\xFE", "", "", "", ""}, "O");
    refused({"", "cut \xC3", "", "", "", ""}, "O");
}

TEST_CASE("what is no request, or a damaged one, is not described") {
    const MadeRequest made = make_well({{}, {"box.example"}});
    for (const std::string& text :
         {std::string(), std::string("hello"), testing::make({}).pem(), made.request_pem.substr(0, 200),
          made.request_pem.substr(0, 100) + made.request_pem.substr(104)}) {
        const auto facts = describe_request(text, "request.csr");
        REQUIRE_FALSE(facts);
        CHECK(facts.error().code == "unparsable");
        CHECK_THAT(facts.error().message, Catch::StartsWith("request.csr "));
        CHECK(ERR_peek_error() == 0);
    }
    // A signature over other words.
    std::string der_changed = made.request_pem;
    const std::size_t at = der_changed.size() / 2;
    der_changed[at] = der_changed[at] == 'A' ? 'B' : 'A';
    CHECK_FALSE(describe_request(der_changed, "f"));
}

}  // namespace
}  // namespace gatehouse::certstore::request_test
