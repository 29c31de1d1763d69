#include "config/reload.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace reload_test {

using namespace gatehouse::config;

namespace {

Settings running() {
    Settings settings;
    settings.state_directory = "/state/one";
    settings.one_time_file = "/state/one/otc.conf.json";
    settings.interfaces.clean.listen = {{"0.0.0.0", 443}};
    settings.interfaces.clean.redirect = {{"0.0.0.0", 80}};
    settings.interfaces.clean.certificate = "/state/one/clean/cert.pem";
    settings.interfaces.clean.key = "/state/one/clean/cert.key";
    settings.interfaces.admin.listen = {{"0.0.0.0", 8443}};
    settings.interfaces.admin.certificate = "/etc/pki/admin.pem";
    settings.interfaces.admin.key = "/etc/pki/admin.key";
    return settings;
}

using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("each member that a running server cannot take over is named by its path, and no other") {
    CHECK(needs_restart(running(), running()).empty());
    Settings next = running();
    next.workers = 7;
    CHECK(needs_restart(running(), next) == Paths{"workers"});
    next.state_directory = "/state/two";
    next.console_socket = "/run/other.sock";
    next.interfaces.clean.redirect.clear();
    next.interfaces.admin.listen.push_back({"::1", 8443});
    CHECK(needs_restart(running(), next) == Paths{"state_directory", "workers", "console_socket",
                                                  "interfaces.clean.redirect", "interfaces.admin.listen"});
}

TEST_CASE("all else is taken over") {
    Settings next = running();
    next.one_time_file = "/etc/otc.json";
    next.key_passphrase = KeyPassphrase::memory;
    next.hsts_seconds = 60;
    next.interfaces.clean.hostname = "box.example";
    next.interfaces.clean.certificate = "/etc/pki/clean.pem";
    next.interfaces.clean.policy = TlsPolicy::modern;
    next.interfaces.admin.files = "/srv/admin";
    next.networks.dirty.source = "eth1";
    next.self_signed.days = 30;
    next.expiry_days = {5};
    next.limits.connections = 7;
    next.samples.keep_days = 7;
    next.analysis.socket = "/run/engine.sock";
    next.dispositions.malicious_score = 50;
    next.log.level = gatehouse::base::LogLevel::debug;
    CHECK(needs_restart(running(), next).empty());
    CHECK(carry_over(running(), next) == next);
}

TEST_CASE("what needs a restart stays as it is while the rest comes into force") {
    Settings next = running();
    next.workers = 7;
    next.console_socket = "/run/other.sock";
    next.interfaces.clean.listen = {{"::", 443}};
    next.interfaces.admin.redirect = {{"::", 80}};
    next.hsts_seconds = 60;
    Settings expected = running();
    expected.hsts_seconds = 60;
    CHECK(carry_over(running(), next) == expected);
}

TEST_CASE("what lies in the new state directory is looked for in the running one, what lies elsewhere stays there") {
    Settings next = running();
    next.state_directory = "/state/two";
    next.one_time_file = "/state/two/otc.conf.json";
    next.interfaces.clean.certificate = "/state/two/other/cert.pem";
    next.interfaces.clean.key = "/state/two-and-a-half/cert.key";
    const Settings carried = carry_over(running(), next);
    CHECK(carried.state_directory == "/state/one");
    CHECK(carried.one_time_file == "/state/one/otc.conf.json");
    CHECK(carried.interfaces.clean.certificate == "/state/one/other/cert.pem");
    CHECK(carried.interfaces.clean.key == "/state/two-and-a-half/cert.key");
    CHECK(carried.interfaces.admin.certificate == "/etc/pki/admin.pem");
}

}  // namespace reload_test
