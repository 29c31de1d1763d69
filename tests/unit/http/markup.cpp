#include "server/http/markup.hpp"

#include <catch2/catch.hpp>

namespace markup_test {

using gatehouse::http::escaped;

TEST_CASE("text is escaped for an element and for quotes of both kinds") {
    CHECK(escaped("a<b>&\"'c") == "a&lt;b&gt;&amp;&quot;&#39;c");
    CHECK(escaped("").empty());
}

}  // namespace markup_test
