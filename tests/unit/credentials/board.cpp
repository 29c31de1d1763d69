#include "server/credentials/board.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace board_test {

using namespace gatehouse::credentials;
using gatehouse::config::Interface;

namespace {

std::shared_ptr<const DoorStatus> status_of(Interface interface, const std::string& hostname) {
    DoorStatus status;
    status.interface = interface;
    status.hostname = hostname;
    return std::make_shared<const DoorStatus>(std::move(status));
}

}  // namespace

TEST_CASE("a door shows nothing before it serves, then its own latest status") {
    Board board;
    CHECK(board.status(Interface::clean) == nullptr);
    CHECK(board.status(Interface::admin) == nullptr);
    board.show(status_of(Interface::admin, "admin.example"));
    CHECK(board.status(Interface::clean) == nullptr);
    REQUIRE(board.status(Interface::admin));
    CHECK(board.status(Interface::admin)->hostname == "admin.example");
    board.show(status_of(Interface::clean, "one.example"));
    board.show(status_of(Interface::clean, "two.example"));
    REQUIRE(board.status(Interface::clean));
    CHECK(board.status(Interface::clean)->hostname == "two.example");
    CHECK(board.status(Interface::admin)->hostname == "admin.example");
}

TEST_CASE("a status that somebody looks at does not change under them") {
    Board board;
    board.show(status_of(Interface::clean, "one.example"));
    const auto looking = board.status(Interface::clean);
    board.show(status_of(Interface::clean, "two.example"));
    CHECK(looking->hostname == "one.example");
}

}  // namespace board_test
