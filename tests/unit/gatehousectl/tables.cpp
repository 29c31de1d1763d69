#include "gatehousectl/tables.hpp"

#include "gatehousectl/text.hpp"

#include <catch2/catch.hpp>

namespace tables_test {

using namespace gatehouse::gatehousectl;

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    CHECK(begin == text.size());
    return lines;
}

}  // namespace

TEST_CASE("columns line up, whatever script a cell is written in") {
    Table table({{"NAME"}, {"COUNT", Align::right}, {"NOTE"}});
    table.add({"Zo\xC3\xAB", "7", "umlaut"});
    table.add({"\xE6\xBC\xA2\xE5\xAD\x97", "12345", "two wide characters"});
    table.add({"e\xCC\x81", "12", "a mark above"});
    CHECK(table.text(0) ==
          "NAME  COUNT  NOTE\n"
          "Zo\xC3\xAB       7  umlaut\n"
          "\xE6\xBC\xA2\xE5\xAD\x97  12345  two wide characters\n"
          "e\xCC\x81        12  a mark above\n");
}

TEST_CASE("a table without titles has no line of titles, and no blanks at the end of a line") {
    Table table({{""}, {""}});
    table.add({"a", ""});
    table.add({"long", "b"});
    CHECK(table.text(0, 2) == "  a\n  long  b\n");
    CHECK(Table({{""}}).text(80).empty());
    CHECK(Table({{"A"}}).text(80) == "A\n");
}

TEST_CASE("on a narrow terminal the columns that may break do, and nothing is lost") {
    Table table({{"ID"}, {"MESSAGE", Align::left, true}, {"BY"}});
    table.add({"1", "the certificate of the clean door was replaced", "admin"});
    CHECK(table.text(0) ==
          "ID  MESSAGE                                         BY\n"
          "1   the certificate of the clean door was replaced  admin\n");
    CHECK(table.text(40) ==
          "ID  MESSAGE                        BY\n"
          "1   the certificate of the clean   admin\n"
          "    door was replaced\n");
    for (std::size_t width = 1; width < 60; ++width) {
        std::string words;
        for (const std::string& line : lines_of(table.text(width))) {
            CHECK((width < 30 || columns_of(line) <= width));
            if (line.size() > 4) words += line.substr(4) + " ";
        }
        for (const std::string word : {"the", "certificate", "of", "clean", "door", "was", "replaced", "admin"})
            CHECK(words.find(word) != std::string::npos);
    }
}

TEST_CASE("a text breaks at spaces, and within what is longer than a line") {
    using Lines = std::vector<std::string>;
    CHECK(broken_into_lines("", 5) == Lines{""});
    CHECK(broken_into_lines("abc de", 6) == Lines{"abc de"});
    CHECK(broken_into_lines("abc de", 5) == Lines{"abc", "de"});
    CHECK(broken_into_lines("abc de", 3) == Lines{"abc", "de"});
    CHECK(broken_into_lines("abcdefgh i", 3) == Lines{"abc", "def", "gh", "i"});
    CHECK(broken_into_lines("\xE6\xBC\xA2\xE5\xAD\x97", 3) == Lines{"\xE6\xBC\xA2", "\xE5\xAD\x97"});
    CHECK(broken_into_lines("\xE6\xBC\xA2\xE5\xAD\x97", 1) == Lines{"\xE6\xBC\xA2", "\xE5\xAD\x97"});
    CHECK(broken_into_lines("ae\xCC\x81z", 2) == Lines{"ae\xCC\x81", "z"});
}

TEST_CASE("no cell moves the cursor or begins another line") {
    Table table({{""}, {""}});
    table.add({"CN=\x1B[2Jevil", "a\nb"});
    CHECK(table.text(0) == "CN=\\x1B[2Jevil  a\\nb\n");
}

TEST_CASE("values read as people write them") {
    CHECK(grouped("3b1f5c2a9e8d7c6b5a") == "3b1f5c2a 9e8d7c6b 5a");
    CHECK(grouped("").empty());
    CHECK(time_text("2026-03-02T09:58:11Z") == "2026-03-02 09:58:11 UTC");
    CHECK(time_text("2026-03-02T09:58:11.123456Z") == "2026-03-02 09:58:11 UTC");
    CHECK(time_text("2026-03-02T09:58:11+01:00") == "2026-03-02T09:58:11+01:00");
    CHECK(time_text("yesterdayTat:noonish Z").find("UTC") == std::string::npos);
    CHECK(time_text("").empty());
    CHECK(duration_text(0) == "0 seconds");
    CHECK(duration_text(1) == "1 second");
    CHECK(duration_text(61) == "1 minute 1 second");
    CHECK(duration_text(3600) == "1 hour");
    CHECK(duration_text(100800) == "1 day 4 hours");
    CHECK(duration_text(86401) == "1 day");
}

}  // namespace tables_test
