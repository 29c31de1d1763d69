#include "server/clean/places.hpp"

#include <catch2/catch.hpp>

#include <list>
#include <memory>
#include <utility>

namespace places_test {

using gatehouse::clean::Places;

TEST_CASE("there are so many places in all, and fewer for one holder", "[places]") {
    Places places({.in_all = 4, .of_holder = 2});
    std::list<Places::Place> taken;
    const auto take = [&](const char* holder) {
        auto place = places.take(holder);
        if (place) taken.push_back(std::move(*place));
        return static_cast<bool>(place);
    };
    CHECK(take("ada"));
    CHECK(take("ada"));
    CHECK_FALSE(take("ada"));
    CHECK(take("bob"));
    CHECK(take("bob"));
    CHECK_FALSE(take("eve"));  // all are taken

    taken.pop_front();
    CHECK(take("ada"));
    CHECK_FALSE(take("eve"));
    taken.clear();
    CHECK(take("eve"));
}

TEST_CASE("a place that was moved is given back once", "[places]") {
    Places places({.in_all = 1, .of_holder = 1});
    {
        auto first = places.take("ada");
        REQUIRE(first);
        const Places::Place second(std::move(*first));
        CHECK_FALSE(places.take("ada"));
    }
    CHECK(places.take("ada"));
}

TEST_CASE("a place outlives the book that gave it", "[places]") {
    auto places = std::make_unique<Places>(Places::Limits{1, 1});
    auto place = places->take("ada");
    REQUIRE(place);
    places.reset();
    place.reset();
}

}  // namespace places_test
