#include "config/vault.hpp"

#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

namespace vault_test {
namespace {

using namespace gatehouse::base;
using gatehouse::config::Vault;
using gatehouse::tests::Folder;
namespace fs = std::filesystem;

const std::string spki_a(64, 'a');
const std::string spki_b(64, 'b');

// A state directory with a vault of two passphrases.
struct Box {
    Folder folder;
    SystemFiles files;
    fs::path file = folder / "vault/vault.json";
    fs::path key = folder / "vault/key";

    [[nodiscard]] Result<Vault> open(const fs::path& credentials = {},
                                     Vault::Access access = Vault::Access::read_write) {
        return Vault::open(files, folder.path(), credentials, access);
    }
    void fill(const fs::path& credentials = {}) {
        auto vault = open(credentials);
        REQUIRE(vault);
        REQUIRE(vault->put(spki_a, Secret("hunter2")));
        REQUIRE(vault->put(spki_b, Secret(std::string_view("b\0\xFF", 3))));
        REQUIRE(vault->put_all({}, "d1"));
    }
    [[nodiscard]] std::string text(const fs::path& path) {
        const auto contents = files.read(path, 1U << 20U);
        REQUIRE(contents);
        return std::string(contents->bytes.reveal());
    }
    void replace(const fs::path& path, std::string_view bytes) { REQUIRE(write_atomically(files, path, bytes, 0600)); }
    // Opening fails with `code` and leaves every file as it is.
    Error refusal(std::string_view code, const fs::path& credentials = {}) {
        const std::string before = text(file);
        const auto names = files.list(folder / "vault");
        const auto vault = open(credentials);
        REQUIRE_FALSE(vault);
        CHECK(vault.error().code == code);
        CHECK(text(file) == before);
        CHECK(files.list(folder / "vault") == names);
        CHECK(vault.error().text().find("hunter2") == std::string::npos);
        CHECK(vault.error().advice.find("rm " + file.string()) != std::string::npos);
        return vault.error();
    }
};

// Fails to create files from the moment it is told so.
class FullFiles final : public FileSystem {
public:
    bool full = false;

    Result<FileContents> read(const fs::path& path, std::size_t limit, Links links) const override {
        return real_.read(path, limit, links);
    }
    Result<FileFacts> facts(const fs::path& path) const override { return real_.facts(path); }
    Result<FileFacts> link_facts(const fs::path& path) const override { return real_.link_facts(path); }
    Result<std::vector<std::string>> list(const fs::path& folder) const override { return real_.list(folder); }
    Result<std::uint64_t> free_bytes(const fs::path& folder) const override { return real_.free_bytes(folder); }
    Result<std::unique_ptr<gatehouse::base::GrowingFile>> create(const fs::path& path, mode_t mode) override {
        return real_.create(path, mode);
    }
    Result<void> write_new(const fs::path& path, std::string_view bytes, mode_t mode) override {
        if (full) return fail(ErrorKind::io, "file_io", "The disk is full.");
        return real_.write_new(path, bytes, mode);
    }
    Result<void> sync(const fs::path& path) override { return real_.sync(path); }
    Result<void> sync_folder(const fs::path& folder) override { return real_.sync_folder(folder); }
    Result<void> rename(const fs::path& from, const fs::path& to) override { return real_.rename(from, to); }
    Result<void> overwrite(const fs::path& path) override { return real_.overwrite(path); }
    Result<void> remove(const fs::path& path) override { return real_.remove(path); }
    Result<void> remove_tree(const fs::path& folder) override { return real_.remove_tree(folder); }
    Result<void> make_folder(const fs::path& folder, mode_t mode) override { return real_.make_folder(folder, mode); }

private:
    SystemFiles real_;
};

}  // namespace

TEST_CASE("a passphrase is found again after the vault is opened anew, by its public key only") {
    Box box;
    box.fill();
    const auto vault = box.open();
    REQUIRE(vault);
    REQUIRE(vault->find(spki_a) != nullptr);
    CHECK(vault->find(spki_a)->reveal() == "hunter2");
    CHECK(vault->find(spki_b)->reveal() == std::string_view("b\0\xFF", 3));
    CHECK(vault->find(std::string(64, 'c')) == nullptr);
    CHECK(vault->applied_one_time_digest() == "d1");
}

TEST_CASE("whether a key opens a vault is found out without changing anything") {
    Box box;
    const fs::path other = box.folder / "other";
    CHECK(Vault::opened_by(box.files, box.folder.path(), box.key).error().kind == ErrorKind::not_found);
    box.fill();
    const std::string before = box.text(box.file);
    CHECK(Vault::opened_by(box.files, box.folder.path(), box.key));
    box.replace(other, box.text(box.key));
    CHECK(Vault::opened_by(box.files, box.folder.path(), other));
    for (const char* key : {"another key of 32 bytes, or so it is", "short", ""}) {
        box.replace(other, key);
        CHECK(Vault::opened_by(box.files, box.folder.path(), other).error().code == "vault_locked");
        CHECK(Vault::opened_by(box.files, box.folder.path(), Secret(std::string_view(key))).error().code ==
              "vault_locked");
    }
    CHECK(Vault::opened_by(box.files, box.folder.path(), Secret(std::string_view(box.text(box.key)))));
    CHECK(Vault::opened_by(box.files, box.folder.path(), box.folder / "missing").error().code == "vault_locked");
    box.replace(box.file, before.substr(0, before.size() / 2));
    CHECK(Vault::opened_by(box.files, box.folder.path(), box.key).error().code == "vault_damaged");
    CHECK(box.files.list(box.folder / "vault")->size() == 2);
}

TEST_CASE("the vault's files are the owner's alone and show no passphrase") {
    Box box;
    const mode_t former = ::umask(0);
    box.fill();
    ::umask(former);
    CHECK(box.files.facts(box.file)->mode == 0600);
    CHECK(box.files.facts(box.key)->mode == 0600);
    CHECK(box.files.facts(box.folder / "vault")->mode == 0700);
    CHECK(box.text(box.key).size() == 32);
    CHECK(box.text(box.file).find("hunter2") == std::string::npos);
    CHECK(box.text(box.file).find("68756e74657232") == std::string::npos);  // nor in hex
}

TEST_CASE("equal passphrases are sealed differently, and differently at each writing") {
    Box box;
    auto vault = box.open();
    REQUIRE(vault);
    REQUIRE(vault->put(spki_a, Secret("same")));
    REQUIRE(vault->put(spki_b, Secret("same")));
    const auto first = nlohmann::json::parse(box.text(box.file));
    CHECK(first["passphrases"][spki_a] != first["passphrases"][spki_b]);
    REQUIRE(vault->put(spki_b, Secret("same")));
    CHECK(nlohmann::json::parse(box.text(box.file))["passphrases"][spki_a] != first["passphrases"][spki_a]);
}

TEST_CASE("a passphrase that is put again replaces the former") {
    Box box;
    box.fill();
    REQUIRE(box.open()->put(spki_a, Secret("newer")));
    CHECK(box.open()->find(spki_a)->reveal() == "newer");
}

TEST_CASE("keeping only what is needed forgets the rest, durably, and writes nothing where nothing is forgotten") {
    Box box;
    box.fill();
    auto vault = box.open();
    const auto before = box.files.facts(box.file)->identity;
    REQUIRE(vault->keep_only({spki_a, spki_b, "other"}));
    CHECK(box.files.facts(box.file)->identity == before);
    REQUIRE(vault->keep_only({spki_b}));
    CHECK(vault->find(spki_a) == nullptr);
    const auto again = box.open();
    CHECK(again->find(spki_a) == nullptr);
    CHECK(again->find(spki_b) != nullptr);
    CHECK(again->applied_one_time_digest() == "d1");
}

TEST_CASE("what can't be written leaves the vault as it was, on disk and in memory") {
    const Folder folder;
    FullFiles files;
    auto vault = Vault::open(files, folder.path(), {});
    REQUIRE(vault);
    REQUIRE(vault->put(spki_a, Secret("old")));
    REQUIRE(vault->put_all({}, "d1"));
    files.full = true;
    CHECK_FALSE(vault->put(spki_a, Secret("new")));
    CHECK_FALSE(vault->put(spki_b, Secret("new")));
    CHECK_FALSE(vault->keep_only({}));
    CHECK_FALSE(vault->put_all({}, "d2"));
    CHECK(vault->find(spki_a)->reveal() == "old");
    CHECK(vault->find(spki_b) == nullptr);
    CHECK(vault->applied_one_time_digest() == "d1");
    const auto again = Vault::open(files, folder.path(), {});
    REQUIRE(again);
    CHECK(again->find(spki_a)->reveal() == "old");
}

TEST_CASE("the passphrases of a one-time file and its digest are sealed together or not at all") {
    Folder folder;
    FullFiles files;
    auto vault = Vault::open(files, folder.path(), {});
    REQUIRE(vault);
    REQUIRE(vault->put(spki_a, Secret("former")));
    const auto all = [] {
        std::map<std::string, Secret> passphrases;
        passphrases.emplace(spki_a, Secret("hunter2"));
        passphrases.emplace(spki_b, Secret("swordfish"));
        return passphrases;
    };
    files.full = true;
    CHECK_FALSE(vault->put_all(all(), "d1"));
    CHECK(vault->find(spki_a)->equals("former"));
    CHECK(vault->find(spki_b) == nullptr);
    CHECK(vault->applied_one_time_digest().empty());
    files.full = false;
    REQUIRE(vault->put_all(all(), "d1"));
    const auto again = Vault::open(files, folder.path(), {});
    REQUIRE(again);
    CHECK(again->find(spki_a)->equals("hunter2"));
    CHECK(again->find(spki_b)->equals("swordfish"));
    CHECK(again->applied_one_time_digest() == "d1");
}

TEST_CASE("a missing key never leads to a new one over a vault") {
    Box box;
    box.fill();
    fs::remove(box.key);
    const Error error = box.refusal("vault_locked");
    CHECK(error.kind == ErrorKind::unavailable);
    CHECK(error.message.find(box.key.string()) != std::string::npos);
    CHECK_FALSE(fs::exists(box.key));
}

TEST_CASE("another key, one that is too short or one that can't be read leaves the vault locked") {
    Box box;
    box.fill();
    box.replace(box.key, std::string(32, 'x'));
    CHECK(box.refusal("vault_locked").message.find("sealed with another") != std::string::npos);
    box.replace(box.key, "");
    box.refusal("vault_locked");
    box.replace(box.key, std::string(15, 'x'));
    box.refusal("vault_locked");
    fs::remove(box.key);
    fs::create_directory(box.key);
    CHECK_FALSE(box.open());
}

TEST_CASE("a key that was restored opens the vault again") {
    Box box;
    box.fill();
    const std::string key = box.text(box.key);
    box.replace(box.key, std::string(32, 'x'));
    CHECK_FALSE(box.open());
    box.replace(box.key, key);
    CHECK(box.open()->find(spki_a)->reveal() == "hunter2");
}

TEST_CASE("a damaged vault is told and never emptied") {
    Box box;
    box.fill();
    const std::string good = box.text(box.file);
    const auto document = nlohmann::json::parse(good);
    std::vector<std::string> damaged{"", "{", "[]", "{}", "null", good.substr(0, good.size() / 2)};
    for (const auto* member : {"version", "check", "passphrases"}) {
        auto without = document;
        without.erase(member);
        damaged.push_back(without.dump());
    }
    auto other = document;
    other["version"] = 2;
    damaged.push_back(other.dump());
    for (const nlohmann::json& sealed : {nlohmann::json("00"), nlohmann::json("zz"), nlohmann::json("abc"),
                                         nlohmann::json(1), document["passphrases"][spki_b], nlohmann::json("")}) {
        other = document;
        other["passphrases"][spki_a] = sealed;  // of another key, it must not open this one
        damaged.push_back(other.dump());
    }
    for (const std::string& text : damaged) {
        box.replace(box.file, text);
        CHECK(box.refusal("vault_damaged").kind == ErrorKind::io);
    }
}

TEST_CASE("every changed digit of a sealed passphrase is noticed") {
    Box box;
    box.fill();
    const auto document = nlohmann::json::parse(box.text(box.file));
    const std::string sealed = document["passphrases"][spki_a];
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto other = document;
        std::string changed = sealed;
        changed[i] = changed[i] == '0' ? '1' : '0';
        other["passphrases"][spki_a] = changed;
        box.replace(box.file, other.dump());
        CHECK_FALSE(box.open());
    }
}

TEST_CASE("a systemd credential is the key where there is one, and no key file is made then") {
    Box box;
    const Folder credentials;
    credentials.write("gatehouse.key", "a passphrase of sixteen bytes or more\n");
    box.fill(credentials.path());
    CHECK_FALSE(fs::exists(box.key));
    CHECK(box.open(credentials.path())->find(spki_a)->reveal() == "hunter2");
    credentials.write("gatehouse.key", "another passphrase of sixteen bytes");
    box.refusal("vault_locked", credentials.path());
    box.refusal("vault_locked");
}

TEST_CASE("a credential that is too short or unreadable is told, not passed over") {
    Box box;
    const Folder credentials;
    credentials.write("gatehouse.key", "short");
    CHECK_FALSE(box.open(credentials.path()));
    fs::remove(credentials / "gatehouse.key");
    fs::create_directory(credentials / "gatehouse.key");
    CHECK_FALSE(box.open(credentials.path()));
    CHECK_FALSE(fs::exists(box.key));
}

TEST_CASE("a folder of credentials without ours is as good as none") {
    Box box;
    const Folder credentials;
    box.fill(credentials.path());
    CHECK(fs::exists(box.key));
    CHECK(box.open(credentials.path())->find(spki_a)->reveal() == "hunter2");
}

TEST_CASE("a vault is sealed anew when a credential appears, and the old key goes") {
    Box box;
    box.fill();
    const Folder credentials;
    credentials.write("gatehouse.key", std::string(32, 'c'));
    {
        const auto vault = box.open(credentials.path());
        REQUIRE(vault);
        CHECK(vault->find(spki_a)->reveal() == "hunter2");
    }
    CHECK_FALSE(fs::exists(box.key));
    CHECK(box.open(credentials.path())->find(spki_b) != nullptr);
    box.refusal("vault_locked");
}

TEST_CASE("an old key that could not be shredded, or was left over, goes when the credential opens the vault again") {
    Box box;
    box.fill();
    const Folder credentials;
    credentials.write("gatehouse.key", std::string(32, 'c'));
    const std::string old_key = box.text(box.key);
    REQUIRE(box.open(credentials.path()));
    box.replace(box.key, old_key);
    CHECK(box.open(credentials.path(), Vault::Access::read_only)->find(spki_a) != nullptr);
    CHECK(fs::exists(box.key));
    CHECK(box.open(credentials.path())->find(spki_a)->reveal() == "hunter2");
    CHECK_FALSE(fs::exists(box.key));
}

TEST_CASE("an old key is kept as long as there is no vault that the credential opens") {
    Box box;
    box.fill();
    fs::rename(box.file, box.folder / "backup.json");
    const Folder credentials;
    credentials.write("gatehouse.key", std::string(32, 'c'));
    REQUIRE(box.open(credentials.path()));
    CHECK(fs::exists(box.key));
    fs::rename(box.folder / "backup.json", box.file);
    CHECK(box.open(credentials.path())->find(spki_a)->reveal() == "hunter2");
}

TEST_CASE("looking without touching makes nothing, and what it opened can't be changed") {
    Box box;
    CHECK(box.open({}, Vault::Access::read_only)->find(spki_a) == nullptr);
    CHECK(fs::is_empty(box.folder.path()));
    CHECK_FALSE(box.open({}, Vault::Access::read_only)->put(spki_a, Secret("x")));
    CHECK(fs::is_empty(box.folder.path()));
    box.fill();
    const Folder credentials;
    credentials.write("gatehouse.key", std::string(32, 'c'));
    const auto before = box.files.facts(box.file)->identity;
    auto vault = box.open(credentials.path(), Vault::Access::read_only);
    REQUIRE(vault);
    CHECK(vault->find(spki_a)->reveal() == "hunter2");
    CHECK_FALSE(vault->keep_only({}));
    CHECK(box.files.facts(box.file)->identity == before);
    CHECK(fs::exists(box.key));
}

TEST_CASE("a vault that never held anything leaves nothing on disk") {
    Box box;
    REQUIRE(box.open());
    CHECK_FALSE(fs::exists(box.folder / "vault"));
}

TEST_CASE("the digest key is the same for the same key file and another for another") {
    Box box;
    Box other;
    box.fill();
    other.fill();
    const auto first = box.open();
    const auto again = box.open();
    const auto second = other.open();
    CHECK(first->digest_key().equals(again->digest_key().reveal()));
    CHECK_FALSE(first->digest_key().equals(second->digest_key().reveal()));
    CHECK_FALSE(first->digest_key().equals(box.text(box.key)));
    CHECK(first->digest_key().size() == 32);
}

}  // namespace vault_test
