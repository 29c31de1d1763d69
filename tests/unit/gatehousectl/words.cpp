#include "gatehousectl/words.hpp"

#include <catch2/catch.hpp>

namespace words_test {

using namespace gatehouse::gatehousectl;

TEST_CASE("a command is divided into words without a shell's doing") {
    using Words = std::vector<std::string>;
    CHECK(split_words("/usr/bin/tell --to  me\t now") == Words{"/usr/bin/tell", "--to", "me", "now"});
    CHECK(split_words("sh -c 'cat >> \"/tmp/a b\"; echo $X'") == Words{"sh", "-c", "cat >> \"/tmp/a b\"; echo $X"});
    CHECK(split_words(R"(a "b \"c\" 'd'" e\ f '\')") == Words{"a", "b \"c\" 'd'", "e f", "\\"});
    CHECK(split_words("a'b'\"c\"d") == Words{"abcd"});
    CHECK(split_words("a '' \"\"") == Words{"a", "", ""});
    CHECK(split_words("$HOME *.pem `id`;true") == Words{"$HOME", "*.pem", "`id`;true"});
}

TEST_CASE("a command that makes no sense is misuse") {
    for (const std::string text : {"", "  ", "'a", "a \"b", "a\\", "'' a"}) {
        INFO(text);
        const auto words = split_words(text);
        REQUIRE_FALSE(words);
        CHECK(words.error().exit == Exit::usage);
    }
}

}  // namespace words_test
