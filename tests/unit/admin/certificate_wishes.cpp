#include "server/admin/certificate_wishes.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace certificate_wishes_test {

using namespace gatehouse;
using nlohmann::json;

namespace {

http::Request form(std::string_view body) {
    http::Request request;
    request.fields = {{"Content-Type", "multipart/form-data; boundary=xY"}};
    request.body = body;
    return request;
}

http::Request json_body(std::string_view body) {
    http::Request request;
    request.fields = {{"Content-Type", "application/json"}};
    request.body = body;
    return request;
}

std::string part(const std::string& disposition, const std::string& value) {
    return "--xY\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + value + "\r\n";
}

// "STATUS CODE" and, where there is one, the pointer.
template <class T>
std::string refusal_of(const http::Judged<T>& judged) {
    REQUIRE_FALSE(judged);
    CHECK_FALSE(judged.error().detail.empty());
    return std::to_string(judged.error().status) + " " + judged.error().code +
           (judged.error().pointer ? " " + *judged.error().pointer : "");
}

// The same of what certstore says of a wish; "made" where it makes the request.
std::string refusal_of(const certstore::RequestWish& wish) {
    const auto made = certstore::make_request(wish);
    if (made) return "made";
    const auto response = admin::refused_request(made.error(), wish);
    const json document = json::parse(std::get<std::string>(response.body));
    return std::to_string(response.status) + " " + document.at("code").get<std::string>() + " " +
           document.value("pointer", "");
}

}  // namespace

TEST_CASE("an upload's pieces are what came, called by their file names, and the passphrase is a secret") {
    const std::string body = part("name=\"certificate\"; filename=\"my.pem\"", "one") +
                             part("name=\"certificate\"", "two") + part("name=\"key\"", "three") +
                             part("name=\"pkcs12\"; filename=\"a.p12\"", "four") +
                             part("name=\"passphrase\"", "open sesame") + "--xY--\r\n";
    const auto parts = admin::read_parts(form(body));
    REQUIRE(parts);
    REQUIRE(parts->pieces.size() == 4);
    CHECK(parts->pieces[0].name == "my.pem");
    CHECK(parts->pieces[0].bytes == "one");
    CHECK(parts->pieces[1].name == "certificate");
    CHECK(parts->pieces[1].bytes == "two");
    CHECK(parts->pieces[2].name == "key");
    CHECK(parts->pieces[3].name == "a.p12");
    CHECK(parts->pieces[3].bytes == "four");
    CHECK(parts->passphrase.reveal() == "open sesame");
}

TEST_CASE("an upload that is no form, has parts that mean nothing, or too many of them, is refused") {
    CHECK(refusal_of(admin::read_parts(json_body("{}"))) == "415 unsupported_media_type");
    CHECK(refusal_of(admin::read_parts(form("no boundary"))).starts_with("400 "));
    CHECK(refusal_of(admin::read_parts(form(part("name=\"key\"", "x")))).starts_with("400 "));
    CHECK(refusal_of(admin::read_parts(form(part("name=\"cert\"", "x") + "--xY--\r\n"))) == "422 bad_parameter");
    std::string many;
    for (int i = 0; i < 33; ++i)
        many += part("name=\"certificate\"", "x");
    CHECK(refusal_of(admin::read_parts(form(many + "--xY--\r\n"))).starts_with("4"));
}

TEST_CASE("what was unpacked becomes the upload, with a key and a passphrase only where there were some") {
    certstore::Bundle bundle;
    bundle.certificates_pem = "certificates";
    auto upload = admin::upload_of(std::move(bundle));
    CHECK(upload.certificate_pem == "certificates");
    CHECK(upload.key_pem.empty());
    CHECK(upload.passphrase.empty());
    certstore::Bundle whole;
    whole.key_pem = base::Secret("key");
    whole.passphrase = base::Secret("sesame");
    upload = admin::upload_of(std::move(whole));
    CHECK(upload.key_pem.reveal() == "key");
    CHECK(upload.passphrase.reveal() == "sesame");
}

TEST_CASE("a wish for a self-signed certificate may say nothing, or names, days and a kind of key") {
    const auto plain = admin::read_regenerate(json_body("{}"));
    REQUIRE(plain);
    CHECK(plain->names.empty());
    CHECK_FALSE(plain->days);
    CHECK_FALSE(plain->key_type);
    const auto full =
        admin::read_regenerate(json_body(R"({"names":["a.example","192.0.2.1"],"days":30,"key_type":"rsa-3072"})"));
    REQUIRE(full);
    CHECK(full->names == std::vector<std::string>{"a.example", "192.0.2.1"});
    CHECK(full->days == 30U);
    CHECK(full->key_type == config::KeyType::rsa_3072);
}

TEST_CASE("a wish that makes no sense is refused with a pointer to the member") {
    const auto refused = [](std::string_view body) { return refusal_of(admin::read_regenerate(json_body(body))); };
    CHECK(refused("{").starts_with("400 bad_json"));
    CHECK(refused("[]") == "422 wrong_type ");  // the whole of it
    CHECK(refused(R"({"names":[]})") == "422 bad_value /names");
    CHECK(refused(R"({"names":["a",1]})") == "422 wrong_type /names/1");
    CHECK(refused(R"({"names":[""]})") == "422 bad_value /names/0");
    CHECK(refused(R"({"days":0})") == "422 bad_value /days");
    CHECK(refused(R"({"days":36501})") == "422 bad_value /days");
    CHECK(refused(R"({"key_type":"dsa"})") == "422 bad_value /key_type");
    CHECK(refused(R"({"nmes":["a"]})") == "422 unknown_member /nmes");
    CHECK(refusal_of(admin::read_regenerate(form("{}"))) == "415 unsupported_media_type");
}

TEST_CASE("of the names of a self-signed certificate the first that cannot stand in one is pointed to") {
    CHECK_FALSE(admin::judge_names({}));
    CHECK_FALSE(admin::judge_names({"a.example", "*.a.example", "192.0.2.1", "2001:db8::1"}));
    const auto refusal = admin::judge_names({"a.example", "b example", "c example"});
    REQUIRE(refusal);
    CHECK(refusal->status == 422);
    CHECK(refusal->code == "name_invalid");
    CHECK(refusal->pointer == "/names/1");
}

TEST_CASE("a wish for a signing request that says nothing is for the door's hostname") {
    const auto wish = admin::read_request_wish(json_body("{}"), "box.example");
    REQUIRE(wish);
    CHECK(wish->subject.common_name == "box.example");
    CHECK(wish->names == std::vector<std::string>{"box.example"});
    CHECK(wish->key_type == config::KeyType::ecdsa_p256);
    CHECK(refusal_of(*wish) == "made");
}

TEST_CASE("a wish for a signing request may say all of the subject, each member into its own place") {
    const auto wish = admin::read_request_wish(
        json_body(R"({"names":["a.example"],"key_type":"ed25519","subject":{"common_name":"cn","organization":"o",)"
                  R"("organizational_unit":"ou","locality":"l","state":"st","country":"CH"}})"),
        "box.example");
    REQUIRE(wish);
    CHECK(wish->subject.common_name == "cn");
    CHECK(wish->subject.organization == "o");
    CHECK(wish->subject.organizational_unit == "ou");
    CHECK(wish->subject.locality == "l");
    CHECK(wish->subject.state == "st");
    CHECK(wish->subject.country == "CH");
    CHECK(wish->names == std::vector<std::string>{"a.example"});
    CHECK(wish->key_type == config::KeyType::ed25519);
    const auto refused = [](std::string_view body) {
        return refusal_of(admin::read_request_wish(json_body(body), "box.example"));
    };
    CHECK(refused(R"({"subject":{"organization":""}})") == "422 bad_value /subject/organization");
    CHECK(refused(R"({"subject":{"street":"x"}})") == "422 unknown_member /subject/street");
    CHECK(refused(R"({"subject":"CN=x"})") == "422 wrong_type /subject");
    CHECK(refused(R"({"subject":{"locality":")" + std::string(129, 'x') + "\"}}") == "422 bad_value /subject/locality");
}

TEST_CASE("what certstore refuses of a signing request points to the member at fault") {
    certstore::RequestWish wish;
    wish.names = {"a.example"};
    wish.subject.country = "Switzerland";
    CHECK(refusal_of(wish) == "422 subject_invalid /subject/country");
    wish.subject.country.clear();
    wish.subject.organizational_unit = std::string(65, 'x');
    CHECK(refusal_of(wish) == "422 subject_invalid /subject/organizational_unit");
    wish.subject.organizational_unit.clear();
    wish.names = {"a.example", "b example"};
    CHECK(refusal_of(wish) == "422 name_invalid /names/1");
    wish.names.clear();
    CHECK(refusal_of(wish) == "422 name_invalid /names");
    const base::Error other{base::ErrorKind::crypto, "issue_failed", "OpenSSL failed.", ""};
    CHECK(admin::refused_request(other, wish).status == 500);
}

}  // namespace certificate_wishes_test
