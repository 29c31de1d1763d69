#include "base/advice.hpp"

#include <catch2/catch.hpp>

namespace advice_test {

using gatehouse::base::mode_text;
using gatehouse::base::shell_quoted;
using gatehouse::base::user_name;

TEST_CASE("a path that a shell takes as it is stays as it is") {
    CHECK(shell_quoted("/var/lib/gate-house/cert_1.pem") == "/var/lib/gate-house/cert_1.pem");
}

TEST_CASE("a path that a shell would take apart is quoted") {
    CHECK(shell_quoted("/tmp/a b") == "'/tmp/a b'");
    CHECK(shell_quoted("/tmp/$(reboot)") == "'/tmp/$(reboot)'");
    CHECK(shell_quoted("/tmp/it's") == "'/tmp/it'\\''s'");
    CHECK(shell_quoted("") == "''");
}

TEST_CASE("a path that a command would take for an option is made none") {
    CHECK(shell_quoted("-rf") == "'./-rf'");
}

TEST_CASE("a user without a name is told by number") {
    CHECK(user_name(0) == "root");
    CHECK(user_name(3999999999U) == "3999999999");
}

TEST_CASE("modes are written as chmod takes them") {
    CHECK(mode_text(0640) == "0640");
    CHECK(mode_text(0100600) == "0600");
    CHECK(mode_text(04755) == "4755");
}

}  // namespace advice_test
