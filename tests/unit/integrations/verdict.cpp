#include "server/integrations/verdict.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace verdict_test {

using namespace gatehouse::integrations;
using Kind = NoVerdict::Kind;

namespace {

Verdict good(const std::string& line) {
    const Judgement judgement = parse_verdict(line);
    INFO(line);
    INFO((judgement ? "" : judgement.error().error.text()));
    REQUIRE(judgement);
    return *judgement;
}

// What is said of a line that is no verdict.
std::string fault(const std::string& line) {
    const Judgement judgement = parse_verdict(line);
    INFO(line);
    REQUIRE_FALSE(judgement);
    CHECK(judgement.error().kind == Kind::failed);
    CHECK(judgement.error().error.code == "engine_garbled");
    return judgement.error().error.text();
}

}  // namespace

TEST_CASE("a score is a whole verdict") {
    const Verdict verdict = good(R"({"score":7})");
    CHECK(verdict.score == 7);
    CHECK(verdict.severity == 7);
    CHECK(verdict.confidence == 0);
    CHECK(verdict.behaviours.empty());
    CHECK(verdict.engine.empty());
}

TEST_CASE("a verdict is read with all that it may hold") {
    const Verdict verdict = good(R"({"score":100,"severity":90,"confidence":80,"behaviours":[
        {"name":"a","title":"A","severity":1,"confidence":2,"detail":"one\ntwo"},{"name":"b","severity":50}],
        "facts":[{"name":"Packer","value":"UPX"}],"engine":{"name":"E","version":"1"}})");
    CHECK(verdict.severity == 90);
    CHECK(verdict.confidence == 80);
    CHECK(verdict.behaviours == std::vector<Behaviour>{{"b", "b", 50, 0, ""}, {"a", "A", 1, 2, "one\ntwo"}});
    CHECK(verdict.facts == std::vector<Fact>{{"Packer", "UPX"}});
    CHECK(verdict.engine == "E");
    CHECK(verdict.engine_version == "1");
}

TEST_CASE("severity and confidence that are left out are those of the worst behaviour") {
    const Verdict verdict = good(R"({"score":40,"behaviours":[
        {"name":"a","severity":30,"confidence":99},{"name":"b","severity":60,"confidence":10}]})");
    CHECK(verdict.severity == 60);
    CHECK(verdict.confidence == 99);
    CHECK(good(R"({"score":40,"severity":0,"behaviours":[{"name":"a","severity":30}]})").severity == 0);
}

TEST_CASE("what is no verdict is told by the member at fault") {
    using Catch::Contains;
    CHECK_THAT(fault(R"({})"), Contains("score is missing"));
    CHECK_THAT(fault(R"({"score":101})"), Contains("score is 101") && Contains("0 to 100"));
    CHECK_THAT(fault(R"({"score":-1})"), Contains("score is -1"));
    CHECK_THAT(fault(R"({"score":50.5})"), Contains("whole number"));
    CHECK_THAT(fault(R"({"score":"50"})"), Contains("whole number"));
    CHECK_THAT(fault(R"({"score":99999999999999999999999})"), Contains("score"));
    CHECK_THAT(fault(R"({"score":null})"), Contains("score"));
    CHECK_THAT(fault(R"({"score":1,"behaviors":[]})"), Contains("behaviors is not known") && Contains("behaviours"));
    CHECK_THAT(fault(R"({"score":1,"behaviours":{}})"), Contains("behaviours must be a list"));
    CHECK_THAT(fault(R"({"score":1,"behaviours":[1]})"), Contains("behaviours[0]"));
    CHECK_THAT(fault(R"({"score":1,"behaviours":[{"name":"a"},{"title":"t"}]})"), Contains("behaviours[1].name"));
    CHECK_THAT(fault(R"({"score":1,"behaviours":[{"name":"a","severity":1000}]})"), Contains("behaviours[0].severity"));
    CHECK_THAT(fault(R"({"score":1,"facts":[{"value":"v"}]})"), Contains("facts[0].name"));
    CHECK_THAT(fault(R"({"score":1,"engine":"E"})"), Contains("engine must be an object"));
    CHECK_THAT(fault(R"({"score":1,"score":2})"), Contains("twice"));
    CHECK_THAT(fault(R"([1])"), Contains("must be an object"));
    CHECK_THAT(fault(R"(7)"), Contains("must be an object"));
    CHECK_THAT(fault(R"({"score":1} {"score":2})"), Contains("line 1"));
    CHECK_THAT(fault(R"({"score":1/*no comments*/})"), Contains("line 1"));
    CHECK_THAT(fault(""), Contains("line 1"));
    CHECK_THAT(fault(std::string("{\"score\":1,\"x\":\"\0\"}", 19)), Contains("NUL"));
    CHECK_THAT(fault("{\"score\":1,\"engine\":{\"name\":\"\xFF\"}}"), Contains("line 1"));
    CHECK_THAT(fault(std::string(100'000, '[')), Contains("nests more than 8 levels"));
    CHECK(fault("\x1b[31m" + std::string(100'000, 'x')).size() < 2000);
}

TEST_CASE("an engine that says why it has no verdict is believed, with the kind that it names") {
    const auto said = [](const std::string& line) {
        const Judgement judgement = parse_verdict(line);
        REQUIRE_FALSE(judgement);
        return judgement.error();
    };
    CHECK(said(R"({"error":"no licence"})").kind == Kind::failed);
    CHECK(said(R"({"error":"no licence"})").error.code == "engine_error");
    CHECK_THAT(said(R"({"error":"no licence"})").error.message, Catch::Contains("no licence"));
    CHECK(said(R"({"error":"too large","kind":"refused"})").kind == Kind::refused);
    CHECK(said(R"({"error":"later","kind":"unavailable"})").kind == Kind::unavailable);
    CHECK_THAT(said("{\"error\":\"a\\u001b[31m\\nb\"}").error.message,
               !Catch::Contains("\x1b") && !Catch::Contains("\n"));
    CHECK_THAT(fault(R"({"error":""})"), Catch::Contains("error"));
    CHECK_THAT(fault(R"({"error":"x","kind":"final"})"), Catch::Contains("kind"));
    CHECK_THAT(fault(R"({"error":"x","score":1})"), Catch::Contains("score"));
}

TEST_CASE("a talkative engine's texts are cut at whole characters, and the worst of its behaviours stay") {
    nlohmann::json document{{"score", 90}};
    std::string umlauts;
    for (int i = 0; i < 5000; ++i)
        umlauts += "ä";
    for (int i = 0; i < 1000; ++i)
        document["behaviours"].push_back({{"name", "b" + std::to_string(i)}, {"severity", i / 10}});
    document["behaviours"].push_back({{"name", umlauts}, {"title", umlauts}, {"detail", umlauts}, {"severity", 100}});
    for (int i = 0; i < 100; ++i)
        document["facts"].push_back({{"name", umlauts}, {"value", umlauts}});
    const Verdict verdict = good(document.dump());
    CHECK(verdict.behaviours.size() == Bounds::behaviours);
    CHECK(verdict.facts.size() == Bounds::facts);
    const Behaviour& worst = verdict.behaviours.front();
    CHECK(worst.severity == 100);
    CHECK(worst.name.size() <= Bounds::name_bytes);
    CHECK(worst.title.size() <= Bounds::title_bytes);
    CHECK(worst.detail.size() <= Bounds::detail_bytes);
    CHECK(worst.detail.size() > Bounds::detail_bytes - 4);
    CHECK(worst.detail.ends_with("ä…"));
    CHECK(verdict.behaviours.back().severity >= 74);
}

TEST_CASE("names and titles are of one line, whatever an engine puts into them") {
    const Verdict verdict = good(R"({"score":1,"behaviours":[{"name":"a\nb","title":"\u001b[31mred\u202e"}],
                                     "engine":{"name":"E\u0000"}})");
    CHECK(verdict.behaviours[0].name == "a\\nb");
    CHECK(verdict.behaviours[0].title.find('\x1b') == std::string::npos);
    CHECK(verdict.behaviours[0].title.find("\u202e") == std::string::npos);
    CHECK(verdict.engine.find('\0') == std::string::npos);
}

TEST_CASE("a text is cut to its bytes, never within a character") {
    CHECK(bounded("abc", 3) == "abc");
    CHECK(bounded("abcdef", 5) == "ab…");
    CHECK(bounded("ääää", 7) == "ää…");
    CHECK(bounded("ääää", 6) == "ä…");
    CHECK(bounded("\xFF\xFF", 100) == "\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(bounded("", 0).empty());
}

}  // namespace verdict_test
