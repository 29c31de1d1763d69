#include "config/choices.hpp"

#include <catch2/catch.hpp>

namespace config_choices_test {

using namespace gatehouse::config;

TEST_CASE("what operators chose counts where the file says nothing") {
    Settings from_file;
    from_file.interfaces.admin.hostname = "filed.example";
    from_file.interfaces.admin.hostname_by_file = true;
    from_file.interfaces.admin.policy_by_file = true;
    const Choices choices{{"clean.example", TlsPolicy::modern, true}, {"admin.example", TlsPolicy::modern, false}};
    const Settings settings = with_choices(from_file, choices);
    CHECK(settings.interfaces.clean.hostname == "clean.example");
    CHECK(settings.interfaces.clean.policy == TlsPolicy::modern);
    CHECK(settings.interfaces.clean.legacy_tls);
    CHECK(settings.interfaces.admin.hostname == "filed.example");
    CHECK(settings.interfaces.admin.policy == TlsPolicy::intermediate);
}

TEST_CASE("nothing chosen is the file's settings and the defaults") {
    const Settings from_file;
    CHECK(with_choices(from_file, {}) == from_file);
}

TEST_CASE("where what was chosen can't be read, a hostname is unknown unless the file says it") {
    Settings from_file;
    from_file.interfaces.admin.hostname = "filed.example";
    from_file.interfaces.admin.hostname_by_file = true;
    const Settings settings = with_choices_unknown(from_file);
    CHECK(settings.interfaces.clean.hostname_unknown);
    CHECK_FALSE(settings.interfaces.admin.hostname_unknown);
    CHECK(settings.interfaces.admin.hostname == "filed.example");
}

TEST_CASE("old clients are never let in at the admin door, whatever was kept") {
    CHECK_FALSE(with_choices({}, {{}, {"", {}, true}}).interfaces.admin.legacy_tls);
}

}  // namespace config_choices_test
