#include "server/admin/retrievals.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

namespace retrievals_test {

using gatehouse::admin::Retrieval;
using gatehouse::admin::Retrievals;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const Retrievals::Moment start{std::chrono::hours(100)};

Retrieval of(const std::string& server) {
    return {server, {{"f", "pem"}}};
}

}  // namespace

TEST_CASE("a retrieval is found by its id, by who made it, for ten minutes") {
    Retrievals retrievals;
    const std::string id = retrievals.keep("session:ada", of("one:443"), start);
    CHECK(id.size() > 40);
    const auto found = retrievals.find("session:ada", id, start + minutes(10) - seconds(1));
    REQUIRE(found);
    CHECK(found->server == "one:443");
    CHECK(found->chain.front().pem == "pem");
    CHECK_FALSE(retrievals.find("token:ada", id, start));
    CHECK_FALSE(retrievals.find("session:ada", id + "x", start));
    CHECK_FALSE(retrievals.find("session:ada", "", start));
    CHECK_FALSE(retrievals.find("session:ada", id, start + minutes(10)));
}

TEST_CASE("of one person the last eight are kept, and another's are not pushed out by them") {
    Retrievals retrievals;
    const std::string other = retrievals.keep("bob", of("bobs:443"), start);
    std::vector<std::string> ids;
    for (int i = 0; i < 9; ++i)
        ids.push_back(retrievals.keep("ada", of(std::to_string(i)), start + seconds(i)));
    CHECK(std::set<std::string>(ids.begin(), ids.end()).size() == ids.size());
    CHECK_FALSE(retrievals.find("ada", ids[0], start + seconds(9)));
    for (std::size_t i = 1; i < ids.size(); ++i)
        CHECK(retrievals.find("ada", ids[i], start + seconds(9)));
    CHECK(retrievals.find("bob", other, start + seconds(9)));
}

TEST_CASE("of all together so many are kept, the oldest are forgotten") {
    Retrievals retrievals;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i <= Retrievals::most; ++i)
        ids.push_back(retrievals.keep("who " + std::to_string(i), of("x"), start));
    CHECK_FALSE(retrievals.find("who 0", ids[0], start));
    CHECK(retrievals.find("who 1", ids[1], start));
    CHECK(retrievals.find("who 64", ids[64], start));
}

TEST_CASE("ten a minute are free for one person, then it is told how long to wait") {
    Retrievals retrievals;
    for (int i = 0; i < 10; ++i)
        CHECK(retrievals.begin("ada", start + seconds(i)) == seconds(0));
    CHECK(retrievals.begin("ada", start + seconds(10)) == seconds(50));
    CHECK(retrievals.begin("ada", start + seconds(59) + std::chrono::milliseconds(1)) == seconds(1));
    CHECK(retrievals.begin("bob", start + seconds(10)) == seconds(0));
    // Those that had to wait did not count.
    CHECK(retrievals.begin("ada", start + seconds(60)) == seconds(0));
    CHECK(retrievals.begin("ada", start + seconds(60)) == seconds(1));
}

TEST_CASE("all together have a limit too") {
    Retrievals retrievals;
    for (std::size_t i = 0; i < Retrievals::most_a_minute; ++i)
        CHECK(retrievals.begin("who " + std::to_string(i), start) == seconds(0));
    CHECK(retrievals.begin("one more", start + seconds(1)) == seconds(59));
    CHECK(retrievals.begin("one more", start + seconds(60)) == seconds(0));
}

}  // namespace retrievals_test
