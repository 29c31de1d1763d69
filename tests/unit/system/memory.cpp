#include "server/system/memory.hpp"

#include "tests/unit/net/loop.hpp"

#include <catch2/catch.hpp>

#include <chrono>

namespace memory_test {

using namespace gatehouse;

TEST_CASE("memory is given back once after hundreds have gone, and not for the coming and going of a few") {
    net::testing::Loop loop;
    std::uint32_t connections = 0;
    int looks = 0;
    int given_back = 0;
    const auto count = [&] {
        ++looks;
        return connections;
    };
    const auto wait_for_looks = [&] {
        const int before = looks;
        loop.run_until([&] { return looks >= before + 3; });
    };
    const system::MemoryReturn returning(
        loop.io.get_executor(), count, [&] { ++given_back; }, std::chrono::milliseconds(1));
    for (const std::uint32_t some : {500U, 0U, 511U, 1U}) {
        connections = some;
        wait_for_looks();
    }
    CHECK(given_back == 0);
    connections = 5000;
    wait_for_looks();
    CHECK(given_back == 0);
    connections = 4000;
    wait_for_looks();
    CHECK(given_back == 1);
    connections = 3500;
    wait_for_looks();
    CHECK(given_back == 1);
    connections = 10;
    wait_for_looks();
    CHECK(given_back == 2);
}

}  // namespace memory_test
