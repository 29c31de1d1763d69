#include "base/log.hpp"

#include "base/log_record.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <regex>
#include <set>
#include <sstream>
#include <sys/stat.h>
#include <thread>

namespace log_test {
namespace {

using namespace gatehouse::base;
using gatehouse::tests::CapturedErrors;
using gatehouse::tests::Environment;

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        lines.push_back(line);
    return lines;
}

std::string text_of(std::string_view message, std::initializer_list<LogField> fields = {}) {
    return message_text({"", LogLevel::info, "an.event", message, fields});
}

nlohmann::json json_of(std::string_view message, std::initializer_list<LogField> fields = {}) {
    const std::string line = json_line({"2024-01-02T03:04:05.678Z", LogLevel::warning, "an.event", message, fields});
    REQUIRE(std::count(line.begin(), line.end(), '\n') == 0);
    return nlohmann::json::parse(line);
}

}  // namespace

TEST_CASE("a text line holds time, level, event, message and fields") {
    const CapturedErrors errors;
    Log log;
    log.info("server.ready", "Ready.", {{"addresses", "[::]:443"}, {"workers", "2"}});
    const std::regex form(
        R"(<6>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info server\.ready: Ready\. \(addresses=\[::\]:443 workers=2\)\n)");
    CHECK(std::regex_match(errors.text(), form));
}

TEST_CASE("each text line begins with its syslog priority where no terminal reads it") {
    const CapturedErrors errors;
    Log log(LogLevel::debug);
    log.debug("e", "m");
    log.info("e", "m");
    log.warning("e", "m");
    log.error("e", "m");
    const auto lines = lines_of(errors.text());
    REQUIRE(lines.size() == 4);
    for (std::size_t i = 0; i < 4; ++i)
        CHECK(lines[i].substr(0, 3) == std::vector{"<7>", "<6>", "<4>", "<3>"}[i]);
}

TEST_CASE("what lies below the level is not written, and a change of level holds from the next event on") {
    const CapturedErrors errors;
    Log log(LogLevel::warning);
    log.info("hidden", "m");
    CHECK_FALSE(log.enabled(LogLevel::info));
    log.configure(LogLevel::info, LogFormat::json);
    log.info("shown", "m");
    const auto lines = lines_of(errors.text());
    REQUIRE(lines.size() == 1);
    CHECK(nlohmann::json::parse(lines[0]).at("event") == "shown");
}

TEST_CASE("no line break, control character or direction mark gets into a text line") {
    CHECK(text_of("one\ntwo\r\x1b[31m\x7f\t") == R"(an.event: one\ntwo\x0D\x1B[31m\x7F\x09)");
    CHECK(text_of("x", {{"file", "/tmp/a\n<3>2024 error forged: y"}}) ==
          R"(an.event: x (file="/tmp/a\n<3>2024 error forged: y"))");
    CHECK(text_of("\xC2\x85 \xE2\x80\xA8 \xE2\x80\xAE \xEF\xBB\xBF") == R"(an.event: \x85 \u{2028} \u{202E} \u{FEFF})");
    CHECK(text_of(std::string_view("a\0b", 3)) == R"(an.event: a\x00b)");
}

TEST_CASE("readable letters of all languages stay, broken UTF-8 is shown by its bytes") {
    CHECK(text_of("Zürich 東京 🔒") == "an.event: Zürich 東京 🔒");
    CHECK(text_of("\x80 \xC0\xAF \xED\xA0\x80 \xF5\x80\x80\x80 \xE6\x9D") ==
          R"(an.event: \x80 \xC0\xAF \xED\xA0\x80 \xF5\x80\x80\x80 \xE6\x9D)");
}

TEST_CASE("a value that could be taken for several is quoted") {
    CHECK(text_of("m", {{"a", "x y=z"}, {"b", ""}, {"c", R"(q"\)"}, {"d", "plain"}}) ==
          R"(an.event: m (a="x y=z" b="" c="q\"\\" d=plain))");
}

TEST_CASE("a JSON line is one object with all of the event, each field a string") {
    const auto line = json_of("a \"message\"\nin two", {{"interface", "clean"}, {"days", "3"}});
    CHECK(line == nlohmann::json{{"time", "2024-01-02T03:04:05.678Z"},
                                 {"level", "warning"},
                                 {"priority", 4},
                                 {"event", "an.event"},
                                 {"message", "a \"message\"\nin two"},
                                 {"interface", "clean"},
                                 {"days", "3"}});
}

TEST_CASE("a JSON line survives broken UTF-8, and no field can take the place of another") {
    CHECK(json_of("\xFF", {{"a", "\xC3"}}).at("message") == "\xEF\xBF\xBD");
    const auto line = json_of("true one", {{"message", "second"}, {"level", "error"}, {"message", "third"}});
    CHECK(line.at("message") == "true one");
    CHECK(line.at("level") == "warning");
    CHECK(line.at("message_") == "second");
    CHECK(line.at("message__") == "third");
}

TEST_CASE("the journal gets the event's fields under names that it takes") {
    const auto fields =
        journal_fields({"",
                        LogLevel::error,
                        "credential.refused",
                        "Refused.",
                        {{"fingerprint_sha256", "ab"},
                         {"a-b.c", "line\nbreak"},
                         {std::string_view("long_long_long_long_long_long_long_long_long_long_long_long_"
                                           "long_long"),
                          "x"}}},
                       "the text");
    REQUIRE(fields.size() == 7);
    CHECK(fields[0] == "MESSAGE=the text");
    CHECK(fields[1] == "PRIORITY=3");
    CHECK(fields[2] == "SYSLOG_IDENTIFIER=gatehoused");
    CHECK(fields[3] == "GATEHOUSE_EVENT=credential.refused");
    CHECK(fields[4] == "GATEHOUSE_FINGERPRINT_SHA256=ab");
    CHECK(fields[5] == "GATEHOUSE_A_B_C=line\nbreak");
    CHECK(fields[6].find('=') == 64);
}

TEST_CASE("stderr is written where JOURNAL_STREAM names another stream, or no journal is there to take the fields") {
    const CapturedErrors errors;
    struct stat status {};
    REQUIRE(::fstat(STDERR_FILENO, &status) == 0);
    const std::string here = std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
    for (const std::string& stream : {std::string("1:1"), std::string(), std::string("nonsense"), here}) {
        // Where a journal runs, the last one would really go there.
        if (stream == here && ::access("/run/systemd/journal/socket", F_OK) == 0) continue;
        const Environment environment("JOURNAL_STREAM", stream.c_str());
        Log log;
        log.info("e", "stream=" + stream);
        CHECK(errors.text().find("stream=" + stream) != std::string::npos);
    }
}

TEST_CASE("records of several threads do not mix") {
    const CapturedErrors errors;
    Log log(LogLevel::info, LogFormat::json);
    constexpr int records = 200;
    const std::string filling(3000, 'x');
    {
        std::vector<std::jthread> threads;
        for (const char* thread : {"a", "b", "c"}) {
            threads.emplace_back([&log, &filling, thread] {
                for (int i = 0; i < records; ++i)
                    log.info(thread, filling, {{"number", std::to_string(i)}});
            });
        }
    }
    std::set<std::pair<std::string, std::string>> seen;
    for (const std::string& line : lines_of(errors.text())) {
        const auto record = nlohmann::json::parse(line, nullptr, false);
        REQUIRE(record.is_object());
        CHECK(record.at("message") == filling);
        seen.emplace(record.at("event"), record.at("number"));
    }
    CHECK(seen.size() == 3 * records);
}

}  // namespace log_test
