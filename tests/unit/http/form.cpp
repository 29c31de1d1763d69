#include "server/http/form.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace form_test {

using namespace gatehouse;

namespace {

constexpr std::string_view body =
    "--xY\r\nContent-Disposition: form-data; name=\"certificate\"; filename=\"cert.pem\"\r\n"
    "Content-Type: application/x-pem-file\r\n\r\n-----BEGIN CERTIFICATE-----\r\n"
    "--xY\r\nContent-Disposition: form-data; name=\"passphrase\"\r\n\r\nopen sesame\r\n"
    "--xY\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\n\r\n--xY--\r\n";

http::Request request(std::string_view content, std::string_view type = "multipart/form-data; boundary=xY") {
    http::Request made;
    made.fields.push_back({"Content-Type", type});
    made.body = content;
    return made;
}

}  // namespace

TEST_CASE("a small form is read whole, its values as secrets") {
    const auto form = http::read_form(request(body), {}, 100);
    REQUIRE(form);
    REQUIRE(form->parts().size() == 3);
    const auto* certificate = form->find("certificate");
    REQUIRE(certificate != nullptr);
    CHECK(certificate->value.reveal() == "-----BEGIN CERTIFICATE-----");
    CHECK(certificate->header.filename == "cert.pem");
    CHECK(certificate->header.content_type == "application/x-pem-file");
    CHECK(form->find("passphrase")->value.reveal() == "open sesame");
    CHECK(form->find("key")->value.empty());
    CHECK(form->find("pkcs12") == nullptr);
}

TEST_CASE("the same values come of a body that arrives byte by byte") {
    http::FormCollector collector(100);
    http::MultipartParser parser("xY", {}, collector);
    for (const char c : body)
        REQUIRE(parser.feed({&c, 1}));
    REQUIRE(parser.finish());
    const auto form = collector.take();
    REQUIRE(form.parts().size() == 3);
    CHECK(form.parts()[0].value.reveal() == "-----BEGIN CERTIFICATE-----");
    CHECK(form.parts()[1].value.reveal() == "open sesame");
    CHECK(form.parts()[2].value.empty());
}

TEST_CASE("a part that is too large is refused by its name, however it is cut") {
    CHECK(http::read_form(request(body), {}, 27));
    const auto refused = http::read_form(request(body), {}, 26);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().status == 413);
    CHECK(refused.error().code == "form_too_large");
    CHECK(refused.error().detail == "The part \"certificate\" of the form is larger than 26 bytes.");

    http::FormCollector collector(26);
    http::MultipartParser parser("xY", {}, collector);
    std::size_t taken = 0;
    while (taken < body.size() && parser.feed(body.substr(taken, 1)))
        ++taken;
    CHECK(taken < body.size());
}

TEST_CASE("what is no form, or not all of one, is refused") {
    CHECK(http::read_form(request(body, "application/json"), {}, 100).error().status == 415);
    CHECK(http::read_form(request(body.substr(0, body.size() - 4)), {}, 100).error().code == "bad_form");
    CHECK(http::read_form(request(body, "multipart/form-data; boundary=other"), {}, 100).error().code == "bad_form");
    CHECK(http::read_form(request(body), {2, 8192, 512, 1024}, 100).error().status == 413);
}

TEST_CASE("parts that nobody asked for, or that are there twice, are refused") {
    const auto form = http::read_form(request(body), {}, 100);
    REQUIRE(form);
    CHECK(form->only({"certificate", "key", "passphrase", "pkcs12"}));
    const auto unknown = form->only({"certificate", "key", "pasphrase"});
    REQUIRE_FALSE(unknown);
    CHECK(unknown.error().status == 422);
    CHECK(unknown.error().detail ==
          "The part \"passphrase\" of the form is not known here. Did you mean \"pasphrase\"?");
    const std::string twice =
        "--xY\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--xY\r\nContent-Disposition: form-data; name=a"
        "\r\n\r\n2\r\n--xY--";
    const auto repeated = http::read_form(request(twice), {}, 100);
    REQUIRE(repeated);
    REQUIRE_FALSE(repeated->only({"a"}));
    CHECK(repeated->only({"a"}).error().code == "bad_parameter");
    CHECK(repeated->parts().size() == 2);
}

}  // namespace form_test
