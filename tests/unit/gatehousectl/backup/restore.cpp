#include "gatehousectl/backup/restore.hpp"

#include "config/state_lock.hpp"
#include "records/migrations.hpp"
#include "tests/unit/folder.hpp"
#include "tests/unit/gatehousectl/backup/made.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace restore_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl::backup;
using tests::bytes_at;
using tests::Entries;
namespace fs = std::filesystem;

namespace {

const std::string sha256(64, 'a');

mode_t mode_of(const fs::path& path) {
    struct stat found {};
    REQUIRE(::lstat(path.c_str(), &found) == 0);
    return found.st_mode & 07777;
}

// A machine with a configuration, and a backup to restore onto it.
class Machine {
public:
    Machine() {
        REQUIRE(records::open_records(folder_ / "made.db"));
        database_ = bytes_at(folder_ / "made.db");
        folder_.write("gatehouse.json", own_configuration());
        wish.file = folder_ / "a.backup";
        wish.configuration = folder_ / "gatehouse.json";
    }

    // The beginning of every backup.
    [[nodiscard]] Entries begun(bool samples = false) const {
        Manifest manifest = manifest_of_now();
        manifest.schema = records::migrations().back().number;
        manifest.samples = samples;
        return {{"manifest", text_of(manifest)}, {"configuration", own_configuration()}, {"database", database_}};
    }
    [[nodiscard]] static Entries ended(Entries entries, std::uint64_t samples = 0) {
        entries.emplace_back("end", text_of(Totals{entries.size(), samples}));
        return entries;
    }
    [[nodiscard]] std::string own_configuration() const {
        return R"({"state_directory": ")" + state.string() + R"("})";
    }
    [[nodiscard]] base::Result<Restored> restored(const Entries& entries) const {
        tests::make_backup(wish.file, entries);
        return restore(wish, base::Secret(std::string_view("correct horse")), [](const std::string&) {});
    }
    // Why it is refused, and that everything is as it was.
    [[nodiscard]] std::string refusal(const Entries& entries) const {
        const bool was_there = fs::exists(state);
        const auto before = tree();
        const auto done = restored(entries);
        REQUIRE_FALSE(done);
        CHECK(fs::exists(state) == was_there);
        CHECK(tree() == before);
        return done.error().code;
    }
    [[nodiscard]] std::map<std::string, std::string> tree() const {
        std::map<std::string, std::string> found;
        for (const auto& entry : fs::recursive_directory_iterator(folder_.path())) {
            const std::string name = entry.path().lexically_relative(folder_.path()).string();
            if (name == "a.backup" || name == "state/lock") continue;
            found[name] = entry.is_regular_file() ? bytes_at(entry.path()) : "";
        }
        return found;
    }

    RestoreWish wish{};

private:
    tests::Folder folder_{tests::quick_place()};
    std::string database_;

public:
    const tests::Folder& folder = folder_;
    fs::path state = folder_ / "state";
};

Entries with(Entries entries, std::string name, std::string bytes = "bytes") {
    entries.emplace_back(std::move(name), std::move(bytes));
    return entries;
}

}  // namespace

TEST_CASE("a backup becomes the state folder, with its modes") {
    const Machine machine;
    Entries entries = machine.begun(true);
    entries = with(entries, "pairs/clean/certificate", "certificate");
    entries = with(entries, "pairs/clean/key", "key");
    entries = with(entries, "state/clean/last-good/cert.key", "last good");
    entries = with(entries, "state/initial-password", "secret");
    entries = with(entries, "samples/" + sha256, "sample");
    const auto restored = machine.restored(Machine::ended(entries, 1));
    REQUIRE(restored);
    CHECK(restored->samples == 1U);
    CHECK(restored->configuration == Configuration::same);
    CHECK(restored->notes.empty());
    CHECK(mode_of(machine.state) == 0700);
    CHECK(mode_of(machine.state / "clean") == 0700);
    CHECK(mode_of(machine.state / "clean/cert.key") == 0640);
    CHECK(bytes_at(machine.state / "clean/cert.pem") == "certificate");
    CHECK(bytes_at(machine.state / "clean/cert.key") == "key");
    CHECK(bytes_at(machine.state / "clean/last-good/cert.key") == "last good");
    CHECK(bytes_at(machine.state / "initial-password") == "secret");
    CHECK(bytes_at(machine.state / "samples/aa/aa" / sha256) == "sample");
    CHECK(records::open_records(machine.state / "gatehouse.db"));
    CHECK_FALSE(fs::exists(machine.state / "restore"));
    CHECK(config::lock_state(machine.state));
}

TEST_CASE("no name in a backup leads anywhere but to its own place") {
    const Machine machine;
    const std::string nul("state/clean/a\0b", 15);
    for (const std::string& name : {std::string("state/../outside"),
                                    std::string("state/clean/../../../outside"),
                                    std::string("/etc/passwd"),
                                    std::string("state//etc/passwd"),
                                    std::string("state/clean/"),
                                    std::string("state/clean//x"),
                                    std::string("state/clean/./x"),
                                    std::string("state/"),
                                    std::string("state"),
                                    std::string("state/."),
                                    std::string("../outside"),
                                    std::string("outside"),
                                    std::string("state/outside"),
                                    std::string("state/gatehouse.db"),
                                    std::string("state/gatehouse.db-wal"),
                                    std::string("state/lock"),
                                    std::string("state/restore/journal"),
                                    std::string("state/samples/x"),
                                    std::string("state/otc.conf.json"),
                                    std::string("samples/../../outside"),
                                    std::string("samples/aa/aa/x"),
                                    "samples/" + std::string(63, 'a'),
                                    "samples/" + std::string(64, 'A'),
                                    std::string("pairs/other/key"),
                                    std::string("pairs/clean/../key"),
                                    std::string("manifest"),
                                    std::string("configuration"),
                                    nul,
                                    "state/clean/" + std::string(300, 'x'),
                                    std::string("state/clean/1/2/3/4/5/6/7/8/9")}) {
        INFO(name);
        const Entries entries = with(machine.begun(true), name);
        CHECK(machine.refusal(Machine::ended(entries, name.starts_with("samples/") ? 1 : 0)) == "backup_damaged");
    }
}

TEST_CASE("a link that lies in the way is not followed") {
    const Machine machine;
    machine.folder.write("victim", "untouched");
    REQUIRE(config::lock_state(machine.state));  // Gatehouse was there
    fs::create_symlink(machine.folder.path(), machine.state / "clean");
    fs::create_symlink(machine.folder.path(), machine.state / "restore");
    const Entries entries = Machine::ended(with(machine.begun(), "state/clean/victim", "changed"));
    CHECK(machine.refusal(entries) == "state_not_empty");
    Machine forced;
    forced.wish.force = true;
    forced.folder.write("victim", "untouched");
    REQUIRE(config::lock_state(forced.state));
    fs::create_symlink(forced.folder.path(), forced.state / "clean");
    fs::create_symlink(forced.folder.path(), forced.state / "restore");
    REQUIRE(forced.restored(Machine::ended(with(forced.begun(), "state/clean/victim", "changed"))));
    CHECK(bytes_at(forced.folder / "victim") == "untouched");
    CHECK(fs::is_directory(fs::symlink_status(forced.state / "clean")));
    CHECK(bytes_at(forced.state / "clean/victim") == "changed");
}

TEST_CASE("a backup that is not whole in itself is refused") {
    const Machine machine;
    const Entries good = machine.begun();
    const Entries twice = with(with(good, "state/clean/x"), "state/clean/x");
    CHECK(machine.refusal(Machine::ended(twice)) == "file_exists");
    CHECK(machine.refusal(good) == "backup_damaged");                                         // no end
    CHECK(machine.refusal(with(Machine::ended(good), "state/clean/x")) == "backup_damaged");  // more behind it
    CHECK(machine.refusal(with(good, "end", text_of(Totals{9, 0}))) == "backup_damaged");
    CHECK(machine.refusal(with(good, "end", text_of(Totals{3, 1}))) == "backup_damaged");
    CHECK(machine.refusal(with(good, "end", "no JSON")) == "backup_damaged");
    CHECK(machine.refusal(Machine::ended(with(good, "samples/" + sha256), 1)) == "backup_damaged");  // said: none
    CHECK(machine.refusal({}) == "backup_damaged");
    CHECK(machine.refusal(Machine::ended({good[1], good[2]})) == "backup_damaged");
    CHECK(machine.refusal(Machine::ended({good[0], good[2]})) == "backup_damaged");
    CHECK(machine.refusal(Machine::ended({good[0], good[1]})) == "backup_damaged");  // no database
    CHECK(machine.refusal(Machine::ended({{"manifest", "{}"}, good[1], good[2]})) == "backup_damaged");
}

TEST_CASE("a database that is damaged, foreign or of a newer version is refused") {
    const Machine machine;
    Entries entries = machine.begun();
    Manifest newer = manifest_of_now();
    newer.schema = records::migrations().back().number + 1;
    CHECK(machine.refusal(Machine::ended({{"manifest", text_of(newer)}, entries[1], entries[2]})) == "backup_newer");
    const std::string whole = entries[2].second;
    entries[2].second = "no database at all, but long enough to be looked at as one";
    CHECK(machine.refusal(Machine::ended(entries)) == "database_damaged");
    entries[2].second = whole.substr(0, whole.size() / 2);
    CHECK(machine.refusal(Machine::ended(entries)) == "database_damaged");
    entries[2].second = whole;
    for (std::size_t i = 8192; i < 12288; ++i)
        entries[2].second[i] = 'x';
    CHECK(machine.refusal(Machine::ended(entries)) == "database_damaged");
    CHECK(machine.refusal(Machine::ended(with(machine.begun(), "state/vault/vault.json", "{}"))) == "vault_locked");
}

TEST_CASE("a state folder that is in use or holds a box is not touched") {
    Machine machine;
    const Entries entries = Machine::ended(machine.begun());
    {
        const auto lock = config::lock_state(machine.state);
        REQUIRE(lock);
        machine.wish.force = true;
        CHECK(machine.refusal(entries) == "state_locked");
    }
    machine.wish.force = false;
    fs::create_directories(machine.state / "clean");
    fs::create_directories(machine.state / "own");
    fs::create_directories(machine.state / "restore/new/left over");
    CHECK(machine.restored(entries));  // nothing of a box
    CHECK(machine.refusal(entries) == "state_not_empty");
    std::ofstream(machine.state / "gatehouse.db-wal") << "of another database";
    fs::create_directories(machine.state / "samples/aa");
    machine.wish.force = true;
    CHECK(machine.restored(entries));
    CHECK_FALSE(fs::exists(machine.state / "gatehouse.db-wal"));
    CHECK(fs::exists(machine.state / "own"));
    CHECK(fs::exists(machine.state / "samples/aa"));  // the backup has none
}

TEST_CASE("what an interrupted restore moved away stays until another one counts, which may fail first") {
    Machine machine;
    const Entries entries = Machine::ended(machine.begun());
    REQUIRE(config::lock_state(machine.state));
    // It counted, and nobody can read how far it came.
    fs::create_directories(machine.state / "restore/old/clean");
    std::ofstream(machine.state / "restore/old/gatehouse.db") << "the only one";
    std::ofstream(machine.state / "restore/old/clean/cert.key") << "the only one";
    std::ofstream(machine.state / "restore/journal") << "garbage";
    CHECK(machine.refusal(entries) == "restore_damaged");
    machine.wish.force = true;
    Entries cut = entries;
    cut.pop_back();
    const auto before = machine.tree();
    const auto failed = machine.restored(cut);
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == "backup_damaged");
    CHECK(failed.error().advice.find((machine.state / "restore").string() + " holds") != std::string::npos);
    CHECK(machine.tree() == before);
    CHECK(machine.refusal(with(machine.begun(), "outside")) == "backup_damaged");
    const auto restored = machine.restored(entries);
    REQUIRE(restored);
    REQUIRE(restored->notes.size() == 1);
    CHECK(restored->notes.front().find("given up") != std::string::npos);
    CHECK(records::open_records(machine.state / "gatehouse.db"));
    CHECK_FALSE(fs::exists(machine.state / "restore"));
    CHECK_FALSE(fs::exists(machine.state / "restore.given-up"));
}

TEST_CASE("a backup's configuration leads nowhere else than the one in place, unless that was looked at") {
    Machine machine;
    fs::create_directories(machine.folder / "roots/cron.d");
    const std::string state = R"("state_directory": ")" + machine.state.string() + R"(")";
    const std::string roots = (machine.folder / "roots").string();
    const auto names = [&machine](const std::string& configuration) {
        Entries entries = machine.begun();
        entries[1].second = configuration;
        const auto before = machine.tree();
        const auto done = machine.restored(Machine::ended(with(entries, "pairs/clean/key", "key")));
        REQUIRE_FALSE(done);
        CHECK(machine.tree() == before);
        CHECK(done.error().code == "leads_elsewhere");
        return done.error().message;
    };
    machine.wish.replace_configuration = true;
    machine.wish.force = true;
    const std::string moved = names(R"({"state_directory": ")" + roots + R"(/cron.d"})");
    CHECK(moved.find("state_directory: " + roots + "/cron.d, here: " + machine.state.string()) != std::string::npos);
    CHECK(moved.find("one_time_file") == std::string::npos);  // is in STATE, as it is here
    for (const char* name : {"one_time_file", "console_socket"})
        CHECK(names("{" + state + R"(, ")" + name + R"(": ")" + roots + R"(/x"})").find(name) != std::string::npos);
    for (const char* door : {"clean", "admin"}) {
        for (const char* name : {"certificate", "key", "files"}) {
            const std::string told = names("{" + state + R"(, "interfaces": {")" + door + R"(": {")" + name +
                                           R"(": ")" + roots + R"(/x"}}})");
            CHECK(told.find("interfaces." + std::string(door) + "." + name) != std::string::npos);
        }
    }
    // In STATE, and still another.
    CHECK(names("{" + state + R"(, "one_time_file": "clean/cert.key"})").find("one_time_file") != std::string::npos);
    // What is not there or not understood is what the package has.
    machine.folder.write("gatehouse.json", "{");
    CHECK(names(machine.own_configuration()).find("here: /var/lib/gatehouse") != std::string::npos);
    fs::remove(machine.wish.configuration);
    machine.wish.replace_configuration = false;
    CHECK(names(machine.own_configuration()).find("here: /var/lib/gatehouse") != std::string::npos);
}

TEST_CASE("a folder of root's that holds something and was never a state folder is not restored into") {
    if (::geteuid() != 0) return;
    Machine machine;
    fs::create_directory(machine.state);
    machine.folder.write("state/job", "root's");
    machine.wish.force = true;
    const Entries entries = Machine::ended(machine.begun());
    CHECK(machine.refusal(entries) == "state_foreign");
    CHECK_FALSE(fs::exists(machine.state / "lock"));
    fs::remove(machine.state / "job");
    fs::create_directory(machine.state / "lost+found");
    CHECK(machine.restored(entries));
}

TEST_CASE(
    "what is put outside the state folder is told before anything is done, and nobody else may write the "
    "configuration") {
    Machine machine;
    const std::string pair = (machine.folder / "tls" / "c.key").string();
    const std::string theirs = R"({"state_directory": ")" + machine.state.string() +
                               R"(", "interfaces": {"clean": {"key": ")" + pair + R"("}}})";
    machine.folder.write("gatehouse.json", theirs);
    machine.wish.replace_configuration = true;
    Entries entries = machine.begun();
    entries[1].second = theirs;
    tests::make_backup(machine.wish.file, Machine::ended(with(entries, "pairs/clean/key", "key")), 0666);
    std::vector<std::string> told;
    const auto done =
        restore(machine.wish, base::Secret(std::string_view("correct horse")), [&](const std::string& what) {
            if (told.empty()) CHECK_FALSE(fs::exists(machine.state));
            told.push_back(what);
        });
    REQUIRE(done);
    CHECK(told.front().find(machine.wish.configuration.string() + ", " + pair) != std::string::npos);
    CHECK(mode_of(machine.wish.configuration) == 0644);
    CHECK(bytes_at(pair) == "key");
}

TEST_CASE("the configuration comes where there is none or it is asked for, and pairs go where it says") {
    Machine machine;
    const fs::path elsewhere = machine.folder / "tls";
    const std::string theirs = R"({"state_directory": ")" + machine.state.string() +
                               R"(", "interfaces": {"clean": {"certificate": ")" + (elsewhere / "c.pem").string() +
                               R"(", "key": ")" + (elsewhere / "c.key").string() + R"("}}})";
    Entries entries = machine.begun();
    entries[1].second = theirs;
    entries = with(entries, "pairs/clean/certificate", "certificate");
    entries = Machine::ended(with(entries, "pairs/clean/key", "key"));

    // One is there: it counts, and stays.
    const auto kept = machine.restored(entries);
    REQUIRE(kept);
    CHECK(kept->configuration == Configuration::differs);
    CHECK(bytes_at(machine.wish.configuration) == machine.own_configuration());
    CHECK(bytes_at(machine.state / "clean/cert.pem") == "certificate");
    CHECK_FALSE(fs::exists(elsewhere));

    // There is none.
    fs::remove(machine.wish.configuration);
    machine.wish.force = true;
    CHECK(machine.refusal(entries) == "leads_elsewhere");  // not where a package would have it
    machine.wish.elsewhere = true;
    const auto taken = machine.restored(entries);
    REQUIRE(taken);
    CHECK(taken->configuration == Configuration::restored);
    CHECK(bytes_at(machine.wish.configuration) == theirs);
    CHECK(bytes_at(elsewhere / "c.pem") == "certificate");
    CHECK(mode_of(elsewhere / "c.key") == 0640);
    CHECK_FALSE(fs::exists(machine.state / "clean"));

    // What lies outside the state folder is left unless it is asked for.
    std::ofstream(elsewhere / "c.pem") << "another";
    const auto noted = machine.restored(entries);
    REQUIRE(noted);
    CHECK(noted->notes.size() == 1);
    CHECK(bytes_at(elsewhere / "c.pem") == "another");
    machine.wish.replace_configuration = true;
    REQUIRE(machine.restored(entries));
    CHECK(bytes_at(elsewhere / "c.pem") == "certificate");

    // One that this version does not understand is not put in place.
    entries[1].second = R"({"no_such_option": 1})";
    CHECK(machine.refusal(entries) == "configuration_invalid");
    for (const auto& entry : fs::recursive_directory_iterator(machine.folder.path()))
        CHECK_FALSE(entry.path().native().ends_with(".gatehouse-new"));
}

}  // namespace restore_test
