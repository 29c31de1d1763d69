#include "gatehousectl/subject.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <string>

namespace subject_test {

using namespace gatehouse::gatehousectl;
using nlohmann::json;

TEST_CASE("a subject is taken apart into the members that the daemon knows") {
    CHECK(parse_subject("CN=gw.example.com").value() == json{{"common_name", "gw.example.com"}});
    CHECK(parse_subject("cn=gw , O = Example\\, Inc,OU=a=b,L=\xC3\x84,ST=Hessen,c=DE").value() ==
          json{{"common_name", "gw"},
               {"organization", "Example, Inc"},
               {"organizational_unit", "a=b"},
               {"locality", "\xC3\x84"},
               {"state", "Hessen"},
               {"country", "DE"}});
}

TEST_CASE("what is no subject is refused with the part at fault") {
    for (const std::string text :
         {"", "gw.example.com", "CN=", "CN=a,", "CN=a,,O=b", "CN=a,CN=b", "X=a", "=a", "CN=a,DC=b"}) {
        CAPTURE(text);
        CHECK_FALSE(parse_subject(text));
    }
    CHECK(parse_subject("CN=a,X=b").error().error.message.find("X=b") != std::string::npos);
}

}  // namespace subject_test
