#include "base/text.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace text_test {

using namespace gatehouse;

TEST_CASE("parts are joined whatever kind of text they are and whatever holds them") {
    CHECK(base::joined({}, ", ").empty());
    CHECK(base::joined({"one"}, ", ") == "one");
    CHECK(base::joined(std::vector<std::string>{"one", "two"}, " and ") == "one and two");
    CHECK(base::joined(std::array<std::string_view, 3>{"one", "two", "three"}, ", ") == "one, two, three");
}

TEST_CASE("errors are joined line by line, each with its advice") {
    const base::Error first{base::ErrorKind::input, "one", "It is wrong.", "Mend it."};
    const base::Error second{base::ErrorKind::input, "two", "So is this.", ""};
    CHECK(base::joined({first, second}) == first.text() + "\n" + second.text());
}

}  // namespace text_test
