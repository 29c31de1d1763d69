#include "config/hostname.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <cctype>
#include <unistd.h>

namespace hostname_test {

using gatehouse::config::effective_hostname;

TEST_CASE("a configured host name is used in lower case") {
    CHECK(effective_hostname("Box.EXAMPLE") == "box.example");
}

TEST_CASE("without a configured host name it is the system's, perhaps qualified") {
    std::array<char, 256> buffer{};
    REQUIRE(::gethostname(buffer.data(), buffer.size() - 1) == 0);
    std::string system = buffer.data();
    for (char& c : system)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const std::string name = effective_hostname("");
    CHECK((name == system || name.starts_with(system + ".") || (system.empty() && name == "localhost")));
}

}  // namespace hostname_test
