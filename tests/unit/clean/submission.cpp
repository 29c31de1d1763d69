#include "server/clean/submission.hpp"

#include "server/clean/submission_options.hpp"

#include <catch2/catch.hpp>

namespace submission_test {

using namespace gatehouse::clean;
using gatehouse::http::Form;
using gatehouse::http::Request;

namespace {

gatehouse::http::Judged<gatehouse::records::NewSample> options_of(std::string_view query, bool with_file = true) {
    Request request;
    request.query = query;
    const auto arguments = Arguments::read(request);
    REQUIRE(arguments);
    SampleForm form{std::nullopt, "told.bin", {}, Form({})};
    if (with_file) form.sample.emplace(gatehouse::samples::HeldContent{{std::string(64, 'a'), {}, {}, 1}, {}});
    return read_options(*arguments, form);
}

}  // namespace

TEST_CASE("a wait is told as one says it, never less than it is", "[submission]") {
    using std::chrono::seconds;
    CHECK(wait_in_words(seconds(1)) == "1 second");
    CHECK(wait_in_words(seconds(59)) == "59 seconds");
    CHECK(wait_in_words(seconds(60)) == "1 minute");
    CHECK(wait_in_words(seconds(61)) == "2 minutes");
    CHECK(wait_in_words(seconds(3599)) == "1 hour");
    CHECK(wait_in_words(seconds(3601)) == "1 hour 1 minute");
    CHECK(wait_in_words(seconds(86400)) == "24 hours");
    CHECK(wait_in_words(seconds(7500)) == "2 hours 5 minutes");
}

TEST_CASE("a sample is private when the option is there and does not say otherwise", "[submission]") {
    CHECK(options_of("private")->owner.is_private);
    CHECK(options_of("private=")->owner.is_private);
    CHECK(options_of("private=true")->owner.is_private);
    CHECK_FALSE(options_of("private=false")->owner.is_private);
    CHECK_FALSE(options_of("")->owner.is_private);
}

TEST_CASE("a file is called as the option says, else as its part does, else by its checksum", "[submission]") {
    CHECK(options_of("filename=other.bin")->filename == "other.bin");
    CHECK(options_of("filename=")->filename == "told.bin");
    CHECK(options_of("")->filename == "told.bin");
    const auto cut = options_of("filename=" + std::string(1023, 'x') + "%C3%A4");
    REQUIRE(cut);
    CHECK(cut->filename == std::string(1023, 'x'));  // no half of a letter
}

TEST_CASE("an address is an https one, on one line", "[submission]") {
    const auto good = options_of("url=HTTPS://example.test/a%3Fb", false);
    REQUIRE(good);
    CHECK(good->url == "HTTPS://example.test/a?b");
    CHECK(good->filename == "a");
    CHECK(options_of("url=https://example.test/a&filename=b", false)->filename == "b");
    for (const char* query : {"url=", "url=x", "url=javascript:alert(1)", "url=https://",
                              "url=https://a%0D%0AIconFile=b", "url=https://a%20b", "url=file:///etc/passwd",
                              "url=http://example.test/", "url=https://user:word@example.test/", ""}) {
        INFO(query);
        const auto refused = options_of(query, false);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().status == 422);
    }
}

}  // namespace submission_test
