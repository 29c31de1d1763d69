#include "base/broken_promise.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

namespace broken_promise_test {

using namespace gatehouse;

TEST_CASE("an exception becomes an internal error that says what it said, and to report it") {
    const auto error = base::broken_promise(std::make_exception_ptr(std::logic_error("vector::_M_range_check")));
    CHECK(error.kind == base::ErrorKind::internal);
    CHECK(error.code == "broken_promise");
    CHECK(error.message == "A part of Gatehouse failed unexpectedly: vector::_M_range_check.");
    CHECK_FALSE(error.advice.empty());
}

TEST_CASE("what was thrown and is no std::exception becomes one too") {
    const auto error = base::broken_promise(std::make_exception_ptr(std::string("not said")));
    CHECK(error.kind == base::ErrorKind::internal);
    CHECK(error.code == "broken_promise");
    CHECK_FALSE(error.message.empty());
}

}  // namespace broken_promise_test
