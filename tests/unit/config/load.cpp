#include "config/load.hpp"

#include "tests/unit/base/another_user.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace load_test {
namespace {

using namespace gatehouse::config;
using gatehouse::base::Error;
using gatehouse::base::LogFormat;
using gatehouse::base::LogLevel;
using gatehouse::tests::Folder;

Settings good(std::string_view text) {
    auto [settings, errors] = read_text(text, "f.json");
    if (!errors.empty()) FAIL(errors.front().text());
    return settings.value();
}

// All that is wrong, a line each, without the file's name.
std::vector<std::string> faults(std::string_view text) {
    const auto [settings, errors] = read_text(text, "f.json");
    REQUIRE_FALSE(errors.empty());
    std::vector<std::string> texts;
    for (const Error& error : errors) {
        CHECK(error.kind == gatehouse::base::ErrorKind::input);
        CHECK(error.code == "configuration_invalid");
        REQUIRE(error.message.starts_with("f.json: "));
        texts.push_back(error.text().substr(8));
    }
    return texts;
}

std::string fault(std::string_view text) {
    const auto all = faults(text);
    REQUIRE(all.size() == 1);
    return all.front();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string clean(const std::string& members) {
    return R"({"interfaces":{"clean":{)" + members + "}}}";
}

}  // namespace

TEST_CASE("an empty object gives the defaults of the contract") {
    const Settings settings = good("{}");
    CHECK(settings.state_directory == "/var/lib/gatehouse");
    CHECK(settings.one_time_file == "/var/lib/gatehouse/otc.conf.json");
    CHECK(settings.key_passphrase == KeyPassphrase::sealed);
    CHECK(settings.workers == 0);
    CHECK(settings.console_socket == "/run/gatehouse/console.sock");
    CHECK(settings.hsts_seconds == 0);
    CHECK(settings.interfaces.clean.listen == std::vector<ListenAddress>{{"::", 443}});
    CHECK(settings.interfaces.admin.listen == std::vector<ListenAddress>{{"::", 8443}});
    for (const Interface interface : interfaces) {
        const InterfaceSettings& door = settings.interfaces[interface];
        CHECK(door.redirect.empty());
        CHECK(door.hostname.empty());
        CHECK(door.certificate == settings.state_directory / name(interface) / "cert.pem");
        CHECK(door.key == settings.state_directory / name(interface) / "cert.key");
        CHECK(door.policy == TlsPolicy::intermediate);
        CHECK(door.files.empty());
    }
    CHECK(settings.self_signed == SelfSignedSettings{3650, KeyType::ecdsa_p256});
    CHECK(settings.limits == Limits{});
    CHECK(settings.samples == SampleSettings{262'144'000, 0, 0, 268'435'456, UrlFetch::refuse});
    CHECK(settings.analysis == AnalysisSettings{"", EngineProtocol::clamd, 2, 300, 0});
    CHECK(settings.dispositions == DispositionSettings{90, 16});
    CHECK(settings.log == LogSettings{LogLevel::info, LogFormat::text});
}

TEST_CASE("the contract's example says exactly the defaults") {
    Settings example = good(R"(// The configuration contract
{
  "state_directory": "/var/lib/gatehouse",
  "one_time_file": "/var/lib/gatehouse/otc.conf.json",
  "key_passphrase": "sealed",            // or "memory"
  "workers": 0,
  "console_socket": "/run/gatehouse/console.sock",
  "hsts_seconds": 0,
  "interfaces": {
    "clean": { "listen": ["[::]:443"], "redirect": [], "hostname": "", "certificate": "clean/cert.pem",
               "key": "clean/cert.key", "tls": { "policy": "intermediate" }, "files": "" },
    "admin": { "listen": ["[::]:8443"], "redirect": [], "hostname": "", "certificate": "admin/cert.pem",
               "key": "admin/cert.key", "tls": { "policy": "intermediate" }, "files": "" }
  },
  "self_signed": { "days": 3650, "key_type": "ecdsa-p256" },
  "limits": {
    "connections": 10000, "connections_per_address": 1000,
    "handshake_seconds": 10, "header_seconds": 10, "idle_seconds": 75, "body_bytes_per_second": 1024,
    "header_bytes": 16384, "body_bytes": 1048576
  },
  "samples": { "body_bytes": 262144000, "quota_bytes": 0, "keep_days": 0, "free_bytes": 268435456,
    "url_fetch": "refuse" },
  "analysis": { "socket": "", "protocol": "clamd", "at_once": 2, "seconds": 300, "sample_bytes": 0 },
  "dispositions": { "malicious_score": 90, "at_once": 16 },
  "log": { "level": "info", "format": "text" }
})");
    for (const auto interface : interfaces) {
        CHECK(example.interfaces[interface].policy_by_file);  // it is said, be it the default
        example.interfaces[interface].policy_by_file = false;
    }
    CHECK(example == good("{}"));
}

TEST_CASE("every option takes another value than its default") {
    const Settings settings = good(R"({
  "state_directory": "/s/", "one_time_file": "/o.json", "key_passphrase": "memory", "workers": 256,
  "console_socket": "/c.sock", "hsts_seconds": 63072000,
  "interfaces": {
    "clean": { "listen": ["192.0.2.1:1", "[2001:db8::1]:65535"], "redirect": ["0.0.0.0:80"], "hostname": "Box.Example",
               "certificate": "a.pem", "key": "/k/b.key", "tls": { "policy": "modern" }, "files": "/srv/" } },
  "self_signed": { "days": 1, "key_type": "ed25519" },
  "limits": { "connections": 1, "connections_per_address": 2, "handshake_seconds": 3, "header_seconds": 4,
    "idle_seconds": 5, "body_bytes_per_second": 6, "header_bytes": 1024, "body_bytes": 8 },
  "samples": { "body_bytes": 1, "quota_bytes": 2, "keep_days": 3, "free_bytes": 4, "url_fetch": "fetch" },
  "analysis": { "socket": "/run/e.sock", "protocol": "gatehouse", "at_once": 5, "seconds": 6, "sample_bytes": 7 },
  "dispositions": { "malicious_score": 75, "at_once": 3 },
  "log": { "level": "debug", "format": "json" } })");
    CHECK(settings.state_directory == "/s");
    CHECK(settings.one_time_file == "/o.json");
    CHECK(settings.key_passphrase == KeyPassphrase::memory);
    CHECK(settings.workers == 256);
    CHECK(settings.console_socket == "/c.sock");
    CHECK(settings.hsts_seconds == 63072000);
    const InterfaceSettings& door = settings.interfaces.clean;
    CHECK(door.listen == std::vector<ListenAddress>{{"192.0.2.1", 1}, {"2001:db8::1", 65535}});
    CHECK(door.redirect == std::vector<ListenAddress>{{"0.0.0.0", 80}});
    CHECK(door.hostname == "Box.Example");
    CHECK(door.certificate == "/s/a.pem");
    CHECK(door.key == "/k/b.key");
    CHECK(door.policy == TlsPolicy::modern);
    CHECK(door.files == "/srv");
    CHECK(settings.self_signed == SelfSignedSettings{1, KeyType::ed25519});
    CHECK(settings.limits == Limits{1, 2, 3, 4, 5, 6, 1024, 8});
    CHECK(settings.samples == SampleSettings{1, 2, 3, 4, UrlFetch::fetch});
    CHECK(settings.analysis == AnalysisSettings{"/run/e.sock", EngineProtocol::gatehouse, 5, 6, 7});
    CHECK(settings.dispositions == DispositionSettings{75, 3});
    CHECK(settings.log == LogSettings{LogLevel::debug, LogFormat::json});
}

TEST_CASE("the one-time file and the doors' files move with the state directory") {
    const Settings settings = good(R"({"state_directory": "/elsewhere"})");
    CHECK(settings.one_time_file == "/elsewhere/otc.conf.json");
    CHECK(settings.interfaces.admin.key == "/elsewhere/admin/cert.key");
}

TEST_CASE("what the file says of a network is told from what it does not say") {
    const Settings settings = good(R"({"networks": {
        "clean": { "dns": ["192.0.2.53", "192.0.2.54:5353", "2001:DB8::53", "[2001:db8::54]:5353"] },
        "dirty": { "dns": [], "source": "eth1", "proxy": "http://Proxy.example:3128" } } })");
    using Servers = std::vector<ListenAddress>;
    CHECK(settings.networks.clean.dns ==
          Servers{{"192.0.2.53", 53}, {"192.0.2.54", 5353}, {"2001:db8::53", 53}, {"2001:db8::54", 5353}});
    CHECK_FALSE(settings.networks.clean.source);
    CHECK(settings.networks.dirty.dns == Servers{});
    CHECK(settings.networks.dirty.source == "eth1");
    CHECK(settings.networks.dirty.proxy == ProxyAddress{"Proxy.example", 3128});
    CHECK(settings.networks.clean.proxy == ProxyAddress{});
    CHECK(good("{}").networks == PerNetwork<NetworkSettings>{});
}

TEST_CASE("both doors may name the same certificate and key") {
    const Settings settings = good(R"({"interfaces": {"clean": {"certificate": "/c.pem", "key": "/c.key"},
                                                      "admin": {"certificate": "/c.pem", "key": "/c.key"}}})");
    CHECK(settings.interfaces.clean.certificate == settings.interfaces.admin.certificate);
}

TEST_CASE("comments of both kinds and a byte order mark are taken") {
    CHECK(good("\xEF\xBB\xBF// first\r\n{ /* \"workers\": 3, */ \"workers\": 2 } // last").workers == 2);
}

TEST_CASE("an unknown member is refused by its path with the nearest known name") {
    CHECK(fault(R"({"worker": 1})") == "worker is not known here. Did you mean \"workers\"?");
    CHECK(fault(clean(R"("lisetn": [])")) == "interfaces.clean.lisetn is not known here. Did you mean \"listen\"?");
    CHECK(fault(clean(R"("tls": {"Policy": "modern"})")) ==
          "interfaces.clean.tls.Policy is not known here. Did you mean \"policy\"?");
    CHECK(fault(R"({"interfaces": {"adimn": {}}})") == "interfaces.adimn is not known here. Did you mean \"admin\"?");
    CHECK(fault(R"({"selfSigned": {}})") == "selfSigned is not known here. Did you mean \"self_signed\"?");
}

TEST_CASE("an unknown member that resembles none is told what is known") {
    CHECK(fault(R"({"log": {"destination": 1}})") == "log.destination is not known here. Known are: level, format.");
}

TEST_CASE("a member with an odd name is shown without its control characters, a long one cut") {
    CHECK(fault("{\"a\\nb\": 1}").starts_with(R"(["a\nb"] is not known here.)"));
    const std::string shown = fault("{\"" + std::string(5000, 'x') + "\": 1}");
    CHECK(shown.size() < 400);
}

TEST_CASE("a wrong type is refused by its path") {
    CHECK(fault(R"({"workers": "2"})") == "workers must be a whole number from 0 to 256, not a text.");
    CHECK(fault(R"({"workers": 2.5})") == "workers must be a whole number from 0 to 256, not 2.5.");
    CHECK(fault(R"({"workers": true})") == "workers must be a whole number from 0 to 256, not true.");
    CHECK(fault(R"({"workers": null})") == "workers must be a whole number from 0 to 256, not null.");
    CHECK(fault(R"({"log": []})") == "log must be an object { ... }, not a list.");
    CHECK(fault(R"({"log": {"level": 3}})") == "log.level must be a text in double quotes, not 3.");
    CHECK(fault(clean(R"("listen": "[::]:443")")) == "interfaces.clean.listen must be a list [ ... ], not a text.");
    CHECK(contains(fault(clean(R"("listen": [443])")), "interfaces.clean.listen[0] must be a text"));
    CHECK(fault("[]") == "the whole text must be an object { ... }, not a list.");
}

TEST_CASE("each number is refused just outside its range and taken at its ends") {
    struct Range {
        std::string object;
        std::string name;
        std::string least;
        std::string most;
        std::vector<std::string> outside;
    };
    const std::vector<Range> ranges{
        {"", "workers", "0", "256", {"-1", "257"}},
        {"", "hsts_seconds", "0", "63072000", {"-1", "63072001"}},
        {"self_signed", "days", "1", "36500", {"0", "36501"}},
        {"limits", "connections", "1", "10000000", {"0", "10000001"}},
        {"limits", "connections_per_address", "1", "10000000", {"0", "10000001"}},
        {"limits", "handshake_seconds", "1", "86400", {"0", "86401", "4294967297"}},
        {"limits", "header_seconds", "1", "86400", {"0", "86401"}},
        {"limits", "idle_seconds", "1", "86400", {"0", "86401"}},
        {"limits", "body_bytes_per_second", "1", "1073741824", {"0", "1073741825"}},
        {"limits", "header_bytes", "1024", "1048576", {"1023", "1048577"}},
        {"limits", "body_bytes", "1", "1099511627776", {"0", "1099511627777", "18446744073709551615"}},
        {"samples", "body_bytes", "1", "1099511627776", {"0", "1099511627777"}},
        {"samples", "quota_bytes", "0", "1125899906842624", {"-1", "1125899906842625"}},
        {"samples", "keep_days", "0", "36500", {"-1", "36501"}},
        {"samples", "free_bytes", "0", "1125899906842624", {"-1", "1125899906842625"}},
        {"analysis", "at_once", "1", "64", {"0", "65"}},
        {"analysis", "seconds", "1", "86400", {"0", "86401"}},
        {"analysis", "sample_bytes", "0", "1099511627776", {"-1", "1099511627777"}},
        {"dispositions", "malicious_score", "1", "100", {"0", "101"}},
        {"dispositions", "at_once", "1", "64", {"0", "65"}},
    };
    for (const Range& range : ranges) {
        const auto text = [&](const std::string& value) {
            const std::string member = "\"" + range.name + "\":" + value;
            return range.object.empty() ? "{" + member + "}" : "{\"" + range.object + "\":{" + member + "}}";
        };
        CHECK(read_text(text(range.least), "f").errors.empty());
        CHECK(read_text(text(range.most), "f").errors.empty());
        const std::string path = range.object.empty() ? range.name : range.object + "." + range.name;
        for (const std::string& value : range.outside) {
            CHECK(fault(text(value)) ==
                  path + " is " + value + ", which is not in the range of " + range.least + " to " + range.most + ".");
        }
    }
    CHECK(contains(fault(R"({"workers": 99999999999999999999999})"), "workers must be a whole number"));
}

TEST_CASE("a word that is none of the choices is refused with the choices and the nearest") {
    CHECK(fault(R"({"log": {"level": "Warn"}})") ==
          "log.level must be one of debug, info, warning, error; it is \"Warn\".");
    CHECK(fault(R"({"self_signed": {"key_type": "ecdsa_p256"}})") ==
          "self_signed.key_type must be one of ecdsa-p256, rsa-2048, rsa-3072, rsa-4096, ed25519; it is "
          "\"ecdsa_p256\". Did you mean \"ecdsa-p256\"?");
    CHECK(contains(fault(R"({"key_passphrase": "plain"})"), "must be one of sealed, memory"));
    CHECK(contains(fault(clean(R"("tls": {"policy": "old"})")), "must be one of intermediate, modern"));
    CHECK(contains(fault(R"({"log": {"format": "xml"}})"), "must be one of text, json"));
    CHECK(contains(fault(R"({"analysis": {"protocol": "icap"}})"), "must be one of clamd, gatehouse"));
    CHECK(contains(fault(R"({"samples": {"url_fetch": "yes"}})"), "must be one of refuse, fetch"));
}

TEST_CASE("a proxy is named by http, host and port, and by nothing else") {
    const auto proxy = [](const std::string& text) { return R"({"networks": {"dirty": {"proxy": ")" + text + "\"}}}"; };
    for (const auto& [text, host] :
         std::vector<std::pair<std::string, std::string>>{{"http://proxy.example:3128", "proxy.example"},
                                                          {"http://192.0.2.7:3128", "192.0.2.7"},
                                                          {"http://[2001:DB8::7]:3128", "2001:db8::7"}}) {
        const ProxyAddress address = good(proxy(text)).networks.dirty.proxy;
        CHECK(address.host == host);
        CHECK(address.port == 3128);
    }
    CHECK(good(proxy("http://[2001:db8::7]:3128")).networks.dirty.proxy.text() == "http://[2001:db8::7]:3128");
    CHECK(good(proxy("")).networks.dirty.proxy.text().empty());
    for (const std::string text :
         {"proxy.example:3128", "https://proxy.example:3128", "HTTP://proxy.example:3128", "http://proxy.example",
          "http://proxy.example:", "http://proxy.example:0", "http://proxy.example:65536", "http://proxy.example:31x",
          "http://proxy.example:3128/", "http://:3128", "http://2001:db8::7:3128", "http://[2001:db8::7]",
          "http://[]:3128", "http://[proxy]:3128", "http://a b:3128", "http://"}) {
        CAPTURE(text);
        CHECK(contains(fault(proxy(text)), "networks.dirty.proxy is \"" + text + "\""));
    }
}

TEST_CASE("a proxy's password is refused without being repeated") {
    const std::string said = fault(R"({"networks": {"clean": {"proxy": "http://ada:hunter2@proxy.example:3128"}}})");
    CHECK(contains(said, "networks.clean.proxy holds a user name or a password."));
    CHECK_FALSE(contains(said, "hunter2"));
    CHECK_FALSE(contains(said, "ada"));
}

TEST_CASE("everything that is wrong is told at once") {
    const auto all = faults(R"({"workers": -1, "state_directory": "x", "log": {"level": 1, "zz": 2}, "interfaces":
        {"clean": {"listen": ["nonsense", "1.1.1.1:0"], "files": "rel"}}})");
    CHECK(all.size() == 7);
    for (const std::string path :
         {"workers ", "state_directory ", "log.level ", "log.zz ", "interfaces.clean.listen[0] ",
          "interfaces.clean.listen[1] ", "interfaces.clean.files "}) {
        CHECK(std::any_of(all.begin(), all.end(), [&](const std::string& text) { return text.starts_with(path); }));
    }
}

TEST_CASE("a flood of problems is cut and counted") {
    std::string text = "{";
    for (int i = 0; i < 60; ++i)
        text += "\"unknown" + std::to_string(i) + "\":0,";
    text.back() = '}';
    const auto all = faults(text);
    REQUIRE(all.size() == 51);
    CHECK(all.back() == "there are 10 more problems.");
}

TEST_CASE("an address must be an IP address with brackets where it is IPv6, and a port from 1 to 65535") {
    for (const std::string address : {"",
                                      ":",
                                      ":443",
                                      "443",
                                      "*:443",
                                      "localhost:443",
                                      "1.2.3:443",
                                      "1.2.3.4",
                                      "1.2.3.4:",
                                      "1.2.3.4:0",
                                      "1.2.3.4:65536",
                                      "1.2.3.4:-1",
                                      "1.2.3.4:+1",
                                      "1.2.3.4: 1",
                                      "1.2.3.4:1x",
                                      "[::]",
                                      "[::]443",
                                      "[]:443",
                                      "[1.2.3.4]:443",
                                      "[::1%lo]:443",
                                      "[::]:443:443",
                                      "[[::]]:1",
                                      "\\u0000:1",
                                      "1.2.3.4\\u0000:1"}) {
        CHECK(contains(fault(clean("\"listen\": [\"" + address + "\"]")), "interfaces.clean.listen[0] is "));
    }
    CHECK(contains(fault(clean(R"("listen": ["::1:443"])")), "Write \"[::1]:443\"."));
}

TEST_CASE("listen needs at least one address, redirect none") {
    CHECK(contains(fault(clean(R"("listen": [])")), "interfaces.clean.listen is empty."));
    CHECK(good(clean(R"("redirect": [])")).interfaces.clean.redirect.empty());
}

TEST_CASE("an address that is given twice is refused with both paths, over both doors and redirects") {
    CHECK(contains(fault(clean(R"("listen": ["1.1.1.1:1", "1.1.1.1:1"])")),
                   "interfaces.clean.listen[1] is 1.1.1.1:1, which is already taken by interfaces.clean.listen[0]."));
    CHECK(
        contains(fault(R"({"interfaces": {"clean": {"redirect": ["[::]:80"]}, "admin": {"redirect": ["[0::0]:80"]}}})"),
                 "interfaces.admin.redirect[0] is [::]:80, which is already taken by interfaces.clean.redirect[0]."));
    CHECK(contains(fault(clean(R"("redirect": ["[::]:443"])")), "taken by interfaces.clean.listen (its default)."));
    CHECK(contains(fault(clean(R"("listen": ["[::]:8443"])")),
                   "interfaces.admin.listen (its default) is [::]:8443, which is already taken by "
                   "interfaces.clean.listen[0]."));
    CHECK(contains(fault(clean(R"("listen": ["1.1.1.1:1", "[::ffff:1.1.1.1]:1"])")), "is already taken"));
    CHECK(good(clean(R"("listen": ["[::]:1", "0.0.0.0:1"])")).interfaces.clean.listen.size() == 2);
}

TEST_CASE("an address keeps its shortest form") {
    const Settings settings = good(clean(R"("listen": ["[2001:DB8:0:0::1]:443", "[::ffff:192.0.2.1]:444"])"));
    CHECK(settings.interfaces.clean.listen[0].text() == "[2001:db8::1]:443");
    CHECK(settings.interfaces.clean.listen[1].text() == "192.0.2.1:444");
}

TEST_CASE("host names and IP addresses are taken as hostname, others refused") {
    const std::string label63(63, 'a');
    for (const std::string& hostname :
         {std::string("a"), std::string("Box-1.example"), std::string("xn--bcher-kva.example"), std::string("3com.com"),
          std::string("192.0.2.1"), std::string("2001:db8::1"), label63 + "." + label63 + "." + label63 + ".b"}) {
        CHECK(good(clean("\"hostname\": \"" + hostname + "\"")).interfaces.clean.hostname == hostname);
    }
    const std::string label64(64, 'a');
    for (const std::string& hostname :
         {std::string("a_b"), std::string("-a"), std::string("a-.b"), std::string("a..b"), std::string("a."),
          std::string(".a"), std::string("a b"), std::string("bücher.example"), std::string("1.2.3"),
          std::string("256.1.1.1"), std::string("[::1]"), std::string("*.a"), std::string("a\\u0000"), label64,
          label63 + "." + label63 + "." + label63 + "." + label63}) {
        CHECK(contains(fault(clean("\"hostname\": \"" + hostname + "\"")), "interfaces.clean.hostname is "));
    }
}

TEST_CASE("paths must be absolute where nothing says what they are relative to, and are never empty by mistake") {
    CHECK(contains(fault(R"({"state_directory": "state"})"), "state_directory is \"state\"; it must be an absolute"));
    CHECK(contains(fault(R"({"state_directory": ""})"), "state_directory is empty."));
    CHECK(contains(fault(R"({"console_socket": "c.sock"})"), "console_socket is"));
    CHECK(contains(fault(clean(R"("files": "./www")")), "interfaces.clean.files is"));
    CHECK(contains(fault(clean(R"("certificate": "")")), "interfaces.clean.certificate is empty."));
    CHECK(contains(fault(clean(R"("key": "a\u0000b")")), "interfaces.clean.key holds a NUL"));
    CHECK(contains(fault(R"({"console_socket": "/)" + std::string(107, 'x') + "\"}"), "longer than the 107 bytes"));
    CHECK(contains(fault(R"({"analysis": {"socket": "e.sock"}})"), "analysis.socket is"));
    CHECK(
        contains(fault(R"({"analysis": {"socket": "/)" + std::string(107, 'x') + "\"}}"), "longer than the 107 bytes"));
    CHECK(good(R"({"one_time_file": "once.json"})").one_time_file == "/var/lib/gatehouse/once.json");
}

TEST_CASE("no door may serve a folder that holds the state, a pair of either door or the one-time file") {
    const auto serving = [](const std::string& files, const std::string& rest) {
        return fault(R"({"state_directory": "/s/state", "interfaces": {"clean": {"files": ")" + files + "\"}" + rest);
    };
    for (const std::string folder : {"/s", "/s/state", "/s/state/clean", "/", "/s/x/.."}) {
        INFO(folder);
        CHECK(contains(serving(folder, "}}"), "interfaces.clean.files would serve \"/s/state\" to everyone"));
    }
    CHECK(contains(serving("/srv", R"(, "admin": {"key": "/srv/admin.key"}}})"), "would serve \"/srv/admin.key\""));
    CHECK(contains(serving("/srv", R"(}, "one_time_file": "/srv/x/once.json"})"), "would serve \"/srv/x/once.json\""));
    const auto admin =
        R"({"interfaces": {"admin": {"files": "/etc/pki"}, "clean": {"certificate": "/etc/pki/c.pem"}}})";
    CHECK(contains(fault(admin), "interfaces.admin.files would serve \"/etc/pki/c.pem\""));
    CHECK(good(R"({"state_directory": "/s/state", "interfaces": {"clean": {"files": "/s/state-of-art"}}})")
              .interfaces.clean.files == "/s/state-of-art");
}

TEST_CASE("a file is refused that would serve secrets of what waits for a restart") {
    const Folder folder;
    const auto next = [&](const std::string& text) {
        folder.write("gatehouse.json", text);
        return load_beside(good(R"({"state_directory": "/s/one"})"), gatehouse::base::SystemFiles(),
                           folder / "gatehouse.json");
    };
    const auto refused = next(R"({"state_directory": "/s/two", "interfaces": {"clean": {"files": "/s/one"}}})");
    REQUIRE_FALSE(refused);
    CHECK(contains(refused.error().front().message, "interfaces.clean.files would serve \"/s/one\""));
    const auto taken = next(R"({"state_directory": "/s/two", "interfaces": {"clean": {"files": "/s/three"}}})");
    REQUIRE(taken);
    CHECK(taken->needs_restart == std::vector<std::string>{"state_directory"});
    CHECK(taken->settings.state_directory == "/s/one");
    CHECK(taken->settings.interfaces.clean.files == "/s/three");
}

TEST_CASE("a syntax error is told with line and column") {
    CHECK(fault("{\n  \"workers\": 1\n  \"log\": {}\n}").starts_with("line 3, column 7: syntax error"));
    CHECK(fault("{\"ä\": x}").starts_with("line 1, column 7: syntax error"));
    CHECK(fault("{\"workers\": 1,}").starts_with("line 1, column 15: syntax error"));
    CHECK(fault("").starts_with("line 1, column 1: syntax error"));
    CHECK(fault("{} {}").starts_with("line 1, column 4: syntax error"));
    CHECK(fault("{\"workers\": 1e999}").starts_with("line 1, column 17: "));
    CHECK(fault("{\"a\": \"\xFF\"}").starts_with("line 1, column "));
    CHECK(fault("/* open").starts_with("line 1, column "));
}

TEST_CASE("a member that appears twice is refused, at any depth") {
    CHECK(fault(R"({"workers": 1, "workers": 1})") == "workers appears twice.");
    CHECK(fault(R"({"log": {"level": "info", "l\u0065vel": "info"}})") == "log.level appears twice.");
    CHECK(fault(R"({"a": [1, {"b": 1, "b": 2}]})") == "a[1].b appears twice.");
}

TEST_CASE("deep nesting is refused and crashes nothing") {
    constexpr int depth = 100'000;
    CHECK(fault(std::string(depth, '[')) == "the text nests more than 32 levels deep.");
    std::string objects;
    for (int i = 0; i < depth; ++i)
        objects += "{\"a\":";
    CHECK(fault(objects) == "the text nests more than 32 levels deep.");
    CHECK(contains(fault("{\"a\":" + std::string(31, '[') + std::string(31, ']') + "}"), "a is not known here"));
}

TEST_CASE("a file is loaded, a missing one and one that is too large are told") {
    const Folder folder;
    const gatehouse::base::SystemFiles files;
    folder.write("good.json", R"({"workers": 3})");
    const auto loaded = load(files, folder / "good.json");
    REQUIRE(loaded);
    CHECK(loaded->workers == 3);
    const auto missing = load(files, folder / "none.json");
    REQUIRE_FALSE(missing);
    REQUIRE(missing.error().size() == 1);
    CHECK(missing.error()[0].code == "file_missing");
    folder.write("large.json", "{}" + std::string(1024 * 1024, ' '));
    const auto large = load(files, folder / "large.json");
    REQUIRE_FALSE(large);
    CHECK(large.error().at(0).code == "file_too_large");
}

TEST_CASE("what needs a restart is told by its path, and nothing else is") {
    const Settings running = good("{}");
    CHECK(needs_restart(running, running).empty());
    Settings next = good(R"({"log": {"level": "debug"}, "limits": {"idle_seconds": 5}, "hsts_seconds": 1, "interfaces":
        {"clean": {"hostname": "a", "certificate": "/a", "key": "/b", "files": "/c", "tls": {"policy": "modern"}}}})");
    CHECK(needs_restart(running, next).empty());
    next = good(R"({"state_directory": "/x", "workers": 1, "console_socket": "/x.sock", "interfaces": {
        "clean": {"listen": ["[::]:1"]}, "admin": {"redirect": ["[::]:80"]}}})");
    CHECK(needs_restart(running, next) == std::vector<std::string>{"state_directory", "workers", "console_socket",
                                                                   "interfaces.clean.listen",
                                                                   "interfaces.admin.redirect"});
}

TEST_CASE("root is told to open a configuration to all only where nobody else could lay a link") {
    using gatehouse::tests::AnotherUser;
    if (::geteuid() != 0) return;
    const Folder roots;
    const Folder theirs;
    roots.write("shadow", "secret");
    REQUIRE(::chmod((roots / "shadow").c_str(), 0600) == 0);
    REQUIRE(::chmod(roots.path().c_str(), 0755) == 0);
    REQUIRE(::chown(theirs.path().c_str(), AnotherUser::id, AnotherUser::id) == 0);
    std::filesystem::create_directory(roots / "closed");
    REQUIRE(::chmod((roots / "closed").c_str(), 0700) == 0);
    const AnotherUser nobody;
    std::filesystem::create_symlink(roots / "shadow", theirs / "gatehouse.json");
    const gatehouse::base::SystemFiles files;
    const auto advice = [&](const std::filesystem::path& file) { return load(files, file).error().front().advice; };
    CHECK(advice(roots / "shadow") == "Run: chmod 644 " + (roots / "shadow").string());
    CHECK(advice(roots / "closed/a.json") ==
          "Let all search the folder, run: chmod a+x " + (roots / "closed").string());
    CHECK(advice(theirs / "gatehouse.json").find("chmod") == std::string::npos);
}

}  // namespace load_test
