#include "server/check.hpp"

#include "base/descriptor.hpp"
#include "config/vault.hpp"
#include "tests/unit/credentials/box.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/system/surroundings.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <utility>

namespace check_test {

using namespace gatehouse;
using credentials::testing::present_wish;
namespace pki = certstore::testing;
namespace fs = std::filesystem;

namespace {

// A configuration with a good pair for each door.
class Machine {
public:
    Machine() {
        fs::create_directories(state);
        configuration["state_directory"] = state.string();
        for (const char* door : {"clean", "admin"}) {
            configuration["interfaces"][door]["hostname"] = "box.example";
            put(door, pki::make(present_wish("box.example")));
        }
    }

    [[nodiscard]] fs::path certificate(const std::string& door) const { return state / door / "cert.pem"; }
    [[nodiscard]] fs::path key(const std::string& door) const { return state / door / "cert.key"; }
    void put(const std::string& door, const std::string& certificate_pem, const std::string& key_pem) const {
        fs::create_directories(state / door);
        pki::write_text(certificate(door), certificate_pem, 0644);
        pki::write_text(key(door), key_pem);
    }
    void put(const std::string& door, const pki::Made& made) const { put(door, made.pem(), made.key_pem()); }
    // The clean door's key under a passphrase.
    void seal(const std::string& passphrase) const {
        pki::run(state / "clean", "openssl pkcs8 -topk8 -in cert.key -out sealed -passout pass:" + passphrase +
                                      " && mv sealed cert.key && rm output.txt");
    }
    // Runs the check; `said` is its report.
    bool check() {
        pki::write_text(folder / "gatehouse.json", configuration.dump(2), 0644);
        std::ostringstream out;
        const bool fine = server::check(folder / "gatehouse.json", out);
        said = out.str();
        return fine;
    }
    // Whether the report has a line that begins so.
    [[nodiscard]] bool says(const std::string& line) const {
        return ("\n" + said).find("\n" + line) != std::string::npos;
    }
    // Everything below the folder, with when it was changed last.
    [[nodiscard]] std::map<std::string, std::string> contents() const {
        std::map<std::string, std::string> found;
        const base::SystemFiles files;
        for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
            const base::FileIdentity identity = files.link_facts(entry.path()).value().identity;
            found[entry.path()] = std::to_string(identity.inode) + ' ' + std::to_string(identity.changed_ns);
        }
        return found;
    }

    tests::Folder folder;
    fs::path state = folder / "state";
    nlohmann::json configuration;
    std::string said;

private:
    // What this machine has set must not lead the check elsewhere.
    tests::Environment credentials_{"CREDENTIALS_DIRECTORY", nullptr};
};

// One way for the clean door's pair to be wrong, or only remarkable.
struct Fault {
    std::string code;
    std::string severity;
    bool served;
    std::function<void(Machine&)> make;
};

pki::Made with(const std::function<void(pki::Wish&)>& change, const pki::Made* issuer = nullptr,
               const std::string& key_type = "EC:P-256") {
    pki::Wish wish = present_wish("box.example");
    change(wish);
    return pki::make(wish, issuer, key_type);
}

std::vector<Fault> faults() {
    const auto unchanged = [](pki::Wish&) {};
    return {
        {"key_mismatch", "refuse", false,
         [](Machine& machine) {
             const auto other = pki::make(present_wish("box.example"));
             pki::write_text(machine.key("clean"), other.key_pem());
         }},
        {"unparsable", "refuse", false, [](Machine& machine) { pki::write_text(machine.certificate("clean"), "no"); }},
        {"unparsable", "refuse", false, [](Machine& machine) { pki::write_text(machine.key("clean"), "no"); }},
        {"unparsable", "refuse", false, [](Machine& machine) { fs::remove(machine.certificate("clean")); }},
        {"unparsable", "refuse", false,
         [](Machine& machine) {
             const std::string pem = pki::read_text(machine.certificate("clean"));
             pki::write_text(machine.certificate("clean"), pem.substr(0, pem.size() / 2));
         }},
        {"unparsable", "refuse", false,
         [](Machine& machine) {
             pki::run(machine.state / "clean", "openssl x509 -in cert.pem -outform der -out der && mv der cert.pem");
         }},
        {"key_locked", "refuse", false, [](Machine& machine) { machine.seal("unknown"); }},
        {"key_unreadable", "warn", false, [](Machine& machine) { fs::remove(machine.key("clean")); }},
        {"key_weak", "refuse", false,
         [=](Machine& machine) { machine.put("clean", with(unchanged, nullptr, "RSA:1024")); }},
        {"not_server_auth", "refuse", false,
         [](Machine& machine) {
             machine.put("clean", with([](pki::Wish& wish) { wish.extended_key_usage = "clientAuth"; }));
         }},
        {"signature_weak", "refuse", false,
         [](Machine& machine) {
             const auto root = pki::make(pki::ca_wish("Root"));
             machine.put("clean", with([](pki::Wish& wish) { wish.digest = "SHA1"; }, &root));
         }},
        {"expired", "warn", true,
         [](Machine& machine) { machine.put("clean", pki::make(present_wish("box.example", -1))); }},
        {"expires_soon", "warn", true,
         [](Machine& machine) { machine.put("clean", pki::make(present_wish("box.example", 3))); }},
        {"not_yet_valid", "warn", true,
         [](Machine& machine) {
             machine.put("clean", with([](pki::Wish& wish) { wish.not_before = std::time(nullptr) + pki::day; }));
         }},
        {"hostname_mismatch", "warn", true,
         [](Machine& machine) { machine.put("clean", pki::make(present_wish("other.example"))); }},
        {"chain_incomplete", "warn", true,
         [=](Machine& machine) {
             const auto root = pki::make(pki::ca_wish("Root"));
             machine.put("clean", with(unchanged, &root));
         }},
        {"key_mode", "warn", true, [](Machine& machine) { REQUIRE(::chmod(machine.key("clean").c_str(), 0644) == 0); }},
        {"browsers_refuse", "warn", true,
         [=](Machine& machine) { machine.put("clean", with(unchanged, nullptr, "ED25519")); }},
        {"reordered", "note", true,
         [=](Machine& machine) {
             const auto root = pki::make(pki::ca_wish("Root"));
             const auto leaf = with(unchanged, &root);
             machine.put("clean", root.pem() + leaf.pem(), leaf.key_pem());
         }},
        {"self_signed", "note", true, [](Machine&) {}},
        {"cn_only", "note", true,
         [](Machine& machine) { machine.put("clean", with([](pki::Wish& wish) { wish.alternative_names.clear(); })); }},
        {"long_validity", "note", true,
         [](Machine& machine) { machine.put("clean", pki::make(present_wish("box.example", 2'000))); }},
    };
}

}  // namespace

TEST_CASE("a check of a machine without faults says what each door would serve") {
    Machine machine;
    CHECK(machine.check());
    CHECK(machine.says("configuration: " + (machine.folder / "gatehouse.json").string() + " is fine.\n"));
    for (const char* door : {"clean", "admin"}) {
        const std::string fingerprint = certstore::first_fingerprint(pki::read_text(machine.certificate(door)));
        CHECK(machine.says(std::string(door) + ": CN=box.example, SHA-256 " + fingerprint + "\n"));
    }
    CHECK_FALSE(machine.says("clean: warn"));
    CHECK_FALSE(machine.says("clean: refuse"));
}

TEST_CASE("a check names what is wrong with a pair by its code, and refuses what would not be served") {
    for (const Fault& fault : faults()) {
        Machine machine;
        fault.make(machine);
        const bool fine = machine.check();
        INFO(fault.code << ":\n" << machine.said);
        CHECK(fine == (fault.severity != "refuse"));
        CHECK(machine.says("clean: " + fault.severity + " " + fault.code + ": "));
        CHECK(machine.says("clean: CN=") == fault.served);
        if (fault.code == "key_locked") CHECK_THAT(machine.said, Catch::Contains("passphrase set --interface clean,"));
        CHECK(machine.says("admin: CN=box.example"));  // whatever the other door's is like
    }
}

TEST_CASE("both doors' faults are told, and one is enough to refuse") {
    Machine machine;
    pki::write_text(machine.key("clean"), "no key");
    pki::write_text(machine.certificate("admin"), "no certificate");
    CHECK_FALSE(machine.check());
    CHECK(machine.says("clean: refuse unparsable: "));
    CHECK(machine.says("admin: refuse unparsable: "));
    machine.put("clean", pki::make(present_wish("box.example")));
    CHECK_FALSE(machine.check());
    CHECK(machine.says("clean: CN=box.example"));
}

TEST_CASE("before the first start there is nothing to refuse") {
    Machine machine;
    fs::remove_all(machine.state);
    CHECK(machine.check());
    CHECK(machine.says("clean: no certificate at " + machine.certificate("clean").string()));
    CHECK(machine.says("admin: no certificate at "));
    CHECK_FALSE(fs::exists(machine.state));
}

TEST_CASE(
    "everything that is wrong with the configuration is told, a line each, and the pairs are looked at all the same") {
    Machine machine;
    machine.configuration["workers"] = 1'000;
    machine.configuration["interfaces"]["clean"]["listen"] = nlohmann::json::array({"nowhere"});
    machine.configuration["hostnme"] = "box.example";
    CHECK_FALSE(machine.check());
    INFO(machine.said);
    std::size_t lines = 0;
    for (std::size_t at = machine.said.find("configuration: "); at != std::string::npos;
         at = machine.said.find("configuration: ", at + 1))
        ++lines;
    CHECK(lines == 4);  // the last says that it is refused
    CHECK_THAT(machine.said, Catch::Contains("workers") && Catch::Contains("interfaces.clean.listen[0]") &&
                                 Catch::Contains("hostnme"));
    CHECK(machine.says("clean: CN=box.example, SHA-256 "));
    CHECK(machine.says("admin: CN=box.example, SHA-256 "));
}

TEST_CASE("of a configuration that is no JSON nothing is known, so that no pair is looked at") {
    Machine machine;
    pki::write_text(machine.folder / "gatehouse.json", "{\"workers\": }");
    std::ostringstream out;
    CHECK_FALSE(server::check(machine.folder / "gatehouse.json", out));
    CHECK_THAT(out.str(), Catch::StartsWith("configuration: ") && !Catch::Contains("clean: "));
}

TEST_CASE("a configuration that is not there is named") {
    std::ostringstream out;
    CHECK_FALSE(server::check("/nowhere/gatehouse.json", out));
    CHECK_THAT(out.str(), Catch::StartsWith("configuration: ") && Catch::Contains("/nowhere/gatehouse.json"));
}

// ---------------------------------------------------------------- passphrases

TEST_CASE("a check opens an encrypted key with what the one-time file says, and leaves the file") {
    Machine machine;
    machine.seal("open-sesame");
    pki::write_text(machine.state / "otc.conf.json", R"({"keypass":{"clean":"open-sesame"}})");
    CHECK(machine.check());
    CHECK(machine.says("clean: CN=box.example"));
    CHECK(fs::exists(machine.state / "otc.conf.json"));
    pki::write_text(machine.state / "otc.conf.json", R"({"keypass":{"clean":"shut-sesame"}})");
    CHECK_FALSE(machine.check());
    CHECK(machine.says("clean: refuse key_locked: "));
    pki::write_text(machine.state / "otc.conf.json", R"({"keypass":{"admin":"open-sesame"}})");
    CHECK_FALSE(machine.check());
    CHECK(machine.said.find("sesame") == std::string::npos);
}

TEST_CASE("a check opens an encrypted key with what the vault holds, and writes nothing there") {
    Machine machine;
    const std::string spki = certstore::public_key_digests(pki::read_text(machine.certificate("clean"))).front();
    machine.seal("open-sesame");
    {
        base::SystemFiles files;
        auto vault = config::Vault::open(files, machine.state, "");
        REQUIRE(vault);
        REQUIRE(vault->put(spki, base::Secret("open-sesame")));
    }
    CHECK(machine.check());
    fs::remove(machine.state / "vault/key");
    CHECK_FALSE(machine.check());
    CHECK(machine.says("warn vault_locked: "));
    CHECK(machine.says("clean: refuse key_locked: "));
    CHECK_FALSE(fs::exists(machine.state / "vault/key"));
}

TEST_CASE("a one-time file that would not be taken is told, and refuses no pair that does without it") {
    Machine machine;
    pki::write_text(machine.state / "otc.conf.json", R"({"keypas":"x"})");
    CHECK(machine.check());
    CHECK(machine.says("warn otc_invalid: "));
    pki::write_text(machine.state / "otc.conf.json", R"({"keypass":"x"})", 0622);
    CHECK(machine.check());
    CHECK(machine.says("warn otc_unreadable: "));
}

// ---------------------------------------------------------------- the rest

TEST_CASE("a folder that cannot be served is told, and refuses nothing") {
    Machine machine;
    machine.configuration["interfaces"]["clean"]["files"] = (machine.folder / "missing").string();
    CHECK(machine.check());
    CHECK(machine.says("clean: warn files: "));
    fs::create_directory(machine.folder / "missing");
    CHECK(machine.check());
    CHECK_FALSE(machine.says("clean: warn files: "));
}

TEST_CASE("that no analysis engine is configured, or that its socket is missing, is told, and refuses nothing") {
    Machine machine;
    const fs::path path = machine.folder / "engine.sock";
    CHECK(machine.check());
    CHECK(machine.says("analysis: note socket: "));
    machine.configuration["analysis"]["socket"] = path.string();
    CHECK(machine.check());
    CHECK(machine.says("analysis: warn socket: "));
    CHECK_THAT(machine.said, Catch::Contains(path.string()) && Catch::Contains("Samples wait"));
    pki::write_text(path, "no socket");
    CHECK(machine.check());
    CHECK(machine.says("analysis: warn socket: " + path.string() + " is no socket."));
    fs::remove(path);
    const base::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    REQUIRE(::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    CHECK(machine.check());
    CHECK_FALSE(machine.says("analysis: "));
}

TEST_CASE("a check touches nothing, whatever it finds") {
    for (const Fault& fault : faults()) {
        Machine machine;
        fault.make(machine);
        pki::write_text(machine.state / "otc.conf.json", R"({"keypass":"anything"})");
        pki::write_text(machine.folder / "gatehouse.json", machine.configuration.dump(2), 0644);
        const auto before = machine.contents();
        std::ostringstream out;
        (void)server::check(machine.folder / "gatehouse.json", out);
        INFO(fault.code);
        CHECK(machine.contents() == before);
    }
}

}  // namespace check_test
