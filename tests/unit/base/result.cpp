#include "base/result.hpp"

#include <catch2/catch.hpp>

namespace result_test {

using namespace gatehouse;

TEST_CASE("an error's text is its message followed by its advice") {
    const base::Error error{base::ErrorKind::input, "unparsable", "cert.pem holds no certificate.", "Put one there."};
    CHECK(error.text() == "cert.pem holds no certificate. Put one there.");
}

}  // namespace result_test
