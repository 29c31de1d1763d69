#include "server/troubles.hpp"

#include <catch2/catch.hpp>

namespace troubles_test {

using namespace gatehouse;
using namespace gatehouse::server;

namespace {

std::vector<std::string> codes(const Troubles& troubles) {
    std::vector<std::string> codes;
    for (const auto& one : troubles.all())
        codes.push_back(one.code);
    return codes;
}

base::Error error(const std::string& message, const std::string& advice = "") {
    return {base::ErrorKind::io, "some_code", message, advice};
}

}  // namespace

TEST_CASE("the gravest trouble comes first, whichever was known first") {
    Troubles troubles;
    CHECK(troubles.all().empty());
    troubles.set(Topic::restart, troubles_of_restart({"workers", "listen"}));
    troubles.set(Topic::records,
                 {trouble("records_failed", error("It is damaged.", "Restore it."), "Nobody is let in.")});
    CHECK(codes(troubles) == std::vector<std::string>{"records_failed", "needs_restart"});
    CHECK(troubles.all().front().message == "It is damaged. Nobody is let in.");
    CHECK(troubles.all().front().advice == "Restore it.");
    CHECK(troubles.summary() == std::vector<std::string>{"records_failed: It is damaged. Nobody is let in",
                                                         "needs_restart: workers, listen"});
}

TEST_CASE("a refused configuration is told in full, and on the status line by the first of what is wrong") {
    Troubles troubles;
    troubles.set(Topic::restart, troubles_of_restart({"workers"}));
    troubles.set(Topic::configuration,
                 troubles_of_refused({error("workers is no number."), error("x is unknown.", "Say y.")}));
    CHECK(codes(troubles) ==
          std::vector<std::string>{"configuration_refused", "configuration_refused", "needs_restart"});
    CHECK(troubles.all()[1].advice.starts_with("Say y. "));
    CHECK(troubles.summary() ==
          std::vector<std::string>{"configuration REFUSED: workers is no number", "needs_restart: workers"});
}

TEST_CASE("what is mended is a trouble no more") {
    Troubles troubles;
    troubles.set(Topic::configuration, troubles_of_refused({error("workers is no number.")}));
    troubles.set(Topic::configuration, troubles_of_refused({}));
    troubles.set(Topic::restart, troubles_of_restart({}));
    CHECK(troubles.all().empty());
    CHECK(troubles.summary().empty());
}

}  // namespace troubles_test
