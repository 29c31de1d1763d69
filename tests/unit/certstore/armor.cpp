// Finding PEM blocks in text that people and tools have been at.
#include "certstore/armor.hpp"

#include <catch2/catch.hpp>

namespace gatehouse::certstore::armor_test {
namespace {

std::vector<std::string> labels(std::string_view text) {
    std::vector<std::string> found;
    for (const ArmorBlock& block : find_blocks(text)) {
        found.push_back(std::string(block.label) + (block.complete ? "" : " (cut off)"));
    }
    return found;
}

std::string decoded(std::string_view text) {
    const auto blocks = find_blocks(text);
    REQUIRE(blocks.size() == 1);
    const auto bytes = decode(blocks.front());
    return bytes ? std::string(bytes->reveal()) : "no base64";
}

using Labels = std::vector<std::string>;

TEST_CASE("blocks are found between any text, with any line ends, indented, and after a byte order mark") {
    CHECK(labels("-----BEGIN A-----\nQUJD\n-----END A-----\n") == Labels{"A"});
    CHECK(labels("\xEF\xBB\xBF-----BEGIN A-----\r\nQUJD\r\n-----END A-----\r\n") == Labels{"A"});
    CHECK(labels("Bag Attributes\n  x: y\n  -----BEGIN A B-----  \n  QUJD \n\t-----END A B-----\ntail") ==
          Labels{"A B"});
    CHECK(labels("-----BEGIN A-----\rQUJD\r-----END A-----\r-----BEGIN B-----\rQUJD\r-----END B-----") ==
          Labels{"A", "B"});
    CHECK(labels("-----BEGIN A-----\nQUJD\n-----END A----------BEGIN B-----\nQUJD\n-----END B-----") ==
          Labels{"A", "B"});
    CHECK(labels("").empty());
    CHECK(labels("\xEF\xBB\xBF").empty());
}

TEST_CASE("a marker in the middle of a sentence is no block") {
    CHECK(labels("paste what begins with -----BEGIN CERTIFICATE----- here\n").empty());
    CHECK(labels("-----BEGIN -----\n").empty());
    CHECK(labels("-----BEGIN no end of the marker\nQUJD\n").empty());
    CHECK(labels("-----BEGIN two\nlines-----\n").empty());
    CHECK(labels("-----BEGIN " + std::string(100, 'x') + "-----\n").empty());
}

TEST_CASE("a block without its own END line is marked, and the next one is still found") {
    CHECK(labels("-----BEGIN A-----\nQUJD\n") == Labels{"A (cut off)"});
    CHECK(labels("-----BEGIN A-----\nQUJD\n-----BEGIN B-----\nQUJD\n-----END B-----\n") == Labels{"A (cut off)", "B"});
    CHECK(labels("-----BEGIN A-----\nQUJ-----BEGIN B-----\nQUJD\n-----END B-----\n") == Labels{"A (cut off)", "B"});
    CHECK(labels("-----BEGIN A-----\nQUJD\n-----END B-----\n") == Labels{"A (cut off)"});
    CHECK(labels("-----BEGIN A-----\nQUJD\n-----END A") == Labels{"A (cut off)"});
}

TEST_CASE("a megabyte of markers is searched in one pass") {
    std::string text;
    while (text.size() < 1024 * 1024)
        text += "-----BEGIN A-----\n";
    CHECK(find_blocks(text).size() == text.size() / 18);
}

TEST_CASE("base64 is read whatever its line length and white space") {
    CHECK(decoded("-----BEGIN A-----\nQUJDREVG\n-----END A-----") == "ABCDEF");
    CHECK(decoded("-----BEGIN A-----\n Q U\tJ\r\nD\n\nREVG\n-----END A-----") == "ABCDEF");
    CHECK(decoded("-----BEGIN A-----QUJDRQ==-----END A-----") == "ABCE");
    CHECK(decoded("-----BEGIN A-----\nQUJDREU=\n-----END A-----") == "ABCDE");
    CHECK(decoded("-----BEGIN A-----\nQUJD\n\xEF\xBB\xBFREVG\n-----END A-----") == "ABCDEF");
}

TEST_CASE("what is no base64 is not read as if it were") {
    for (const char* body : {"", "QUJ", "QUJ*", "QU=D", "=UJD", "Q===", "QUJD====", "QUJDQ", "QUJD\x01QUJ"}) {
        CAPTURE(body);
        CHECK(decoded("-----BEGIN A-----\n" + std::string(body) + "\n-----END A-----") == "no base64");
    }
    CHECK(decoded(std::string_view("-----BEGIN A-----\nQUJ\0\n-----END A-----", 38)) == "no base64");
}

TEST_CASE("headers are told from base64, with and without the empty line, whatever the line ends") {
    for (const char* end : {"\n", "\r\n", "\r"}) {
        for (const char* gap : {"", "\n", "\r\n"}) {
            const std::string text = "-----BEGIN A-----" + std::string(end) + "Proc-Type: 4,ENCRYPTED" + end +
                                     " dek-info:AES-128-CBC,00FF " + end + gap + "QUJD" + end + "-----END A-----";
            const auto blocks = find_blocks(text);
            REQUIRE(blocks.size() == 1);
            CHECK(header(blocks[0], "Proc-Type") == "4,ENCRYPTED");
            CHECK(header(blocks[0], "DEK-Info") == "AES-128-CBC,00FF");
            CHECK(header(blocks[0], "Other") == std::nullopt);
            CHECK(decoded(text) == "ABC");
        }
    }
}

}  // namespace
}  // namespace gatehouse::certstore::armor_test
