#include "gatehousectl/command_line.hpp"

#include "base/text.hpp"

#include <catch2/catch.hpp>

#include <sstream>

namespace command_line_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl;

namespace {

using Words = std::vector<std::string>;

struct Said {
    int exit = -1;  // of the command line; -1: a command was chosen
    std::string out;
    std::string err;
    Invocation invocation;
};

Said read(const Words& words) {
    std::ostringstream out;
    std::ostringstream err;
    auto invocation = read_command_line(words, out, err);
    Said said;
    if (invocation) {
        said.invocation = *invocation;
        CHECK(said.invocation.run);
    } else {
        said.exit = static_cast<int>(invocation.error());
    }
    said.out = out.str();
    said.err = err.str();
    return said;
}

bool holds(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

const std::vector<Words> commands{{"status"},
                                  {"certificate", "show"},
                                  {"certificate", "upload"},
                                  {"certificate", "regenerate"},
                                  {"certificate", "download"},
                                  {"certificate", "request"},
                                  {"certificate", "rollback"},
                                  {"hostname", "show"},
                                  {"hostname", "set"},
                                  {"tls", "policy", "show"},
                                  {"tls", "policy", "set"},
                                  {"tls", "legacy", "enable"},
                                  {"tls", "legacy", "disable"},
                                  {"tls", "legacy", "status"},
                                  {"passphrase", "set"},
                                  {"operator", "list"},
                                  {"operator", "add"},
                                  {"operator", "remove"},
                                  {"operator", "set-password"},
                                  {"token", "list"},
                                  {"token", "add"},
                                  {"token", "remove"},
                                  {"sessions", "list"},
                                  {"sessions", "end"},
                                  {"authorities", "list"},
                                  {"authorities", "add"},
                                  {"authorities", "remove"},
                                  {"authorities", "retrieve"},
                                  {"authorities", "system", "status"},
                                  {"authorities", "system", "enable"},
                                  {"authorities", "system", "disable"},
                                  {"network", "show"},
                                  {"network", "set"},
                                  {"network", "lookup"},
                                  {"reload"},
                                  {"events"},
                                  {"audit"}};

Words operator+(Words words, const Words& more) {
    words.insert(words.end(), more.begin(), more.end());
    return words;
}

}  // namespace

TEST_CASE("each command has a help with an example of itself") {
    for (const Words& command : commands) {
        const Said said = read(command + Words{"--help"});
        const std::string name = base::joined(command, " ");
        INFO(name);
        CHECK(said.exit == 0);
        CHECK(said.err.empty());
        CHECK(holds(said.out, "Example:\n  gatehousectl " + name));
    }
}

TEST_CASE("the example of each command is a command line that is taken") {
    for (const Words& command : commands) {
        const std::string help = read(command + Words{"--help"}).out;
        const auto begin = help.find("  gatehousectl ", help.find("Example:")) + 15;
        std::string example = help.substr(begin, help.find('\n', begin) - begin);
        example = example.substr(0, example.find(" > "));
        INFO(example);
        Words words;
        bool quoted = false;
        bool in_word = false;
        for (const char c : example) {
            if (c == '\'') {
                quoted = !quoted;
            } else if (c == ' ' && !quoted) {
                in_word = false;
            } else {
                if (!in_word) words.emplace_back();
                in_word = true;
                words.back() += c;
            }
        }
        CHECK(read(words).exit == -1);
    }
}

TEST_CASE("help and version are no failures, and stand on stdout") {
    CHECK(read({"--version"}).exit == 0);
    CHECK(holds(read({"--version"}).out, "gatehousectl "));
    const Said help = read({"--help"});
    CHECK(help.exit == 0);
    for (const Words& command : commands)
        CHECK(holds(help.out, "\n  " + command.front()));
    CHECK(holds(help.out, "3 daemon not reachable"));
    CHECK(holds(read({"certificate", "--help"}).out, "rollback"));
}

TEST_CASE("what belongs to every command may stand before or after it") {
    for (const Words& words : {Words{"--socket", "/s", "--config", "/c", "--json", "status"},
                               Words{"status", "--json", "--config=/c", "--socket=/s"},
                               Words{"--json", "certificate", "--socket", "/s", "show", "--config", "/c"}}) {
        const Said said = read(words);
        CHECK(said.exit == -1);
        CHECK(said.invocation.socket == "/s");
        CHECK(said.invocation.configuration == "/c");
        CHECK(said.invocation.json);
    }
    const Said plain = read({"status"});
    CHECK(plain.invocation.socket.empty());
    CHECK(plain.invocation.configuration.empty());
    CHECK_FALSE(plain.invocation.json);
}

TEST_CASE("a wrong command line is misuse, told on stderr") {
    const std::string file = "x.pem";
    for (const Words& words : std::vector<Words>{
             {},
             {"stat"},
             {"status", "now"},
             {"status", "reload"},
             {"certificate"},
             {"certificate", "upload", file},
             {"certificate", "upload", "--interface", "both", file},
             {"certificate", "upload", "--interface", "clean", file, "--passphrase", "secret"},
             {"certificate", "regenerate"},
             {"certificate", "regenerate", "--interface", "clean", "--days", "0"},
             {"certificate", "regenerate", "--interface", "clean", "--days", "ten"},
             {"certificate", "regenerate", "--interface", "clean", "--key-type", "dsa"},
             {"certificate", "download", "--interface", "clean", "--format", "key"},
             {"certificate", "rollback"},
             {"certificate", "request"},
             {"tls", "legacy"},
             {"tls", "legacy", "enable"},
             {"passphrase", "set"},
             {"passphrase", "set", "--interface", "clean", "secret"},
             {"operator", "add", "mira"},
             {"operator", "add", "mira", "--role", "root"},
             {"operator", "add", "mira", "--role", "read", "--password", "secret"},
             {"operator", "set-password"},
             {"operator", "set-password", "mira", "secret"},
             {"token", "add", "x"},
             {"authorities", "add"},
             {"authorities", "remove"},
             {"network", "lookup"},
             {"network", "lookup", "x", "--network", "grey"},
             {"events", "--exec"},
             {"events", "--exec", ""},
             {"audit", "--limit", "0"},
             {"audit", "--limit", "1001"},
             {"audit", "--limit", "10", "--all"},
             {"hostname", "set", "gw.example.com"},
             {"tls", "policy", "set", "--interface", "clean", "ancient"},
             {"network", "set", "--dns", "192.0.2.1"},
             {"sessions", "end"},
             {"audit", "--result", "bad"},
             {"status", "--socket"},
             {"status", "--no-such-option"},
         }) {
        INFO(base::joined(words, " "));
        const Said said = read(words);
        CHECK(said.exit == 2);
        CHECK(said.out.empty());
        CHECK_FALSE(said.err.empty());
    }
}

TEST_CASE("a mistyped command is named, with the one that was probably meant") {
    const auto told = [](const Words& words) {
        const Said said = read(words);
        CHECK(said.exit == 2);
        CHECK(said.out.empty());
        return said.err;
    };
    CHECK(told({"stauts"}) == "gatehousectl: There is no command \"stauts\". Did you mean: gatehousectl status\n");
    CHECK(told({"--json", "certificate", "uplaod", "--interface", "clean", "x.pem"}) ==
          "gatehousectl: There is no command \"certificate uplaod\". Did you mean: gatehousectl certificate upload\n");
    CHECK(told({"tls", "legacy", "enabel"}) ==
          "gatehousectl: There is no command \"tls legacy enabel\". Did you mean: gatehousectl tls legacy enable\n");
    CHECK(told({"passphrase", "frobnicate"}) ==
          "gatehousectl: There is no command \"passphrase frobnicate\". There are: set.\n");
    CHECK_FALSE(holds(told({"certificate"}), "There is no command"));
    CHECK_FALSE(holds(told({"status", "--no-such-option"}), "There is no command"));
}

TEST_CASE("the help says of each operation which key type it makes by itself") {
    CHECK(holds(read({"certificate", "request", "--help"}).out, "Default: ecdsa-p256"));
    CHECK_FALSE(holds(read({"certificate", "request", "--help"}).out, "self_signed.key_type"));
    CHECK(holds(read({"certificate", "regenerate", "--help"}).out, "self_signed.key_type"));
}

TEST_CASE("a name may be that of a command") {
    for (const std::string name : {"list", "add", "status", "reload", "operator"}) {
        CHECK(read({"operator", "remove", name}).exit == -1);
        CHECK(read({"token", "add", name, "--role", "read"}).exit == -1);
        CHECK(read({"certificate", "upload", "--interface", "clean", name, name}).exit == -1);
    }
    CHECK(read({"token", "remove", "--", "--odd--"}).exit == -1);
}

TEST_CASE("lists are taken with commas, and where an option is repeated") {
    const Words upload{"certificate", "upload", "--interface", "clean", "a.pem"};
    CHECK(read(upload + Words{"--confirm", "expires_soon,key_mode", "b.pem"}).exit == -1);
    const Words regenerate{"certificate", "regenerate", "--interface", "clean"};
    CHECK(read(regenerate + Words{"--name", "a.example", "--name", "b.example,192.0.2.1"}).exit == -1);
    CHECK(read({"authorities", "retrieve", "host", "--trust", "3b1f5c2a", "--trust", "9e8d7c6b"}).exit == -1);
}

}  // namespace command_line_test
