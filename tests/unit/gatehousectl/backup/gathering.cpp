#include "gatehousectl/backup/gathering.hpp"

#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <thread>

namespace gathering_test {

using namespace gatehouse;
using namespace gatehouse::gatehousectl::backup;
namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds patience{20};

class Box {
public:
    Box() {
        for (const char* name : {"state", "state/clean", "state/clean/last-good", "state/admin", "state/vault"})
            fs::create_directory(folder_ / name);
        configure("");
        for (const char* name : {"clean/cert.pem", "clean/cert.key", "clean/last-good/cert.pem", "vault/users.key"})
            write(name, name);
    }
    void configure(const std::string& more) const {
        folder_.write("gatehouse.json", R"({"state_directory": ")" + state.string() + "\"" + more + "}");
    }
    void write(const std::string& name, std::string_view bytes) const { folder_.write("state/" + name, bytes); }
    [[nodiscard]] base::Result<Gathered> gathered(std::chrono::milliseconds at_most = patience) const {
        return gather(base::SystemFiles(), folder_ / "gatehouse.json", at_most);
    }

private:
    tests::Folder folder_{tests::quick_place()};

public:
    const tests::Folder& folder = folder_;
    const fs::path state = folder_ / "state";
};

std::map<std::string, std::string> files_of(const Gathered& gathered) {
    std::map<std::string, std::string> files;
    for (const KeptFile& file : gathered.files)
        files[file.entry] = file.bytes.reveal();
    return files;
}

}  // namespace

TEST_CASE("what makes the box is gathered, pairs by their role, and nothing else") {
    const Box box;
    for (const char* name :
         {"lock", "otc.conf.json", "gatehouse.db", "gatehouse.db-wal", "clean/cert.pem.gatehouse-new",
          "clean/cert.key.gatehouse-old", "vault/.vault.json.0123456789abcdef.tmp"})
        box.write(name, "none of it");
    box.write("notes.txt", "somebody's");
    fs::create_symlink("/etc/passwd", box.state / "clean/link");
    fs::create_symlink("/etc", box.state / "authorities");
    const auto gathered = box.gathered();
    REQUIRE(gathered);
    auto files = files_of(*gathered);
    CHECK(gathered->files.front().entry == "configuration");
    files.erase("configuration");
    CHECK(files == std::map<std::string, std::string>{{"pairs/clean/certificate", "clean/cert.pem"},
                                                      {"pairs/clean/key", "clean/cert.key"},
                                                      {"state/clean/last-good/cert.pem", "clean/last-good/cert.pem"},
                                                      {"state/vault/users.key", "vault/users.key"}});
    std::vector<std::string> left_out = gathered->left_out;
    std::ranges::sort(left_out);
    CHECK(left_out == std::vector<std::string>{(box.state / "authorities").string() + " (a link)",
                                               (box.state / "clean/link").string() + " (a link)",
                                               (box.state / "notes.txt").string() + " (not Gatehouse's)"});
}

TEST_CASE("a pair is taken from where the configuration says, through links, and one for both doors twice") {
    const Box box;
    box.folder.write("real.pem", "certificate and key");
    fs::create_symlink(box.folder / "real.pem", box.folder / "link.pem");
    const std::string pair = R"({"certificate": ")" + (box.folder / "link.pem").string() + R"(", "key": ")" +
                             (box.folder / "link.pem").string() + "\"}";
    box.configure(R"(, "interfaces": {"clean": )" + pair + R"(, "admin": )" + pair + "}");
    const auto gathered = box.gathered();
    REQUIRE(gathered);
    const auto files = files_of(*gathered);
    for (const char* entry :
         {"pairs/clean/certificate", "pairs/clean/key", "pairs/admin/certificate", "pairs/admin/key"})
        CHECK(files.at(entry) == "certificate and key");
    CHECK(files.at("state/clean/cert.pem") == "clean/cert.pem");  // not configured any more, but there
}

TEST_CASE("files that are replaced all the time are still of one moment") {
    const Box box;
    std::atomic<bool> over = false;
    std::atomic<bool> failed = false;
    std::atomic<int> rounds = 0;
    std::thread replacing([&] {
        base::SystemFiles files;
        while (!over) {
            const std::string text = std::to_string(++rounds);
            for (const char* name : {"clean/cert.key", "clean/cert.pem"})
                failed = failed || !base::write_atomically(files, box.state / name, text, 0600);
            // As the daemon's: most of the time nothing happens.
            std::this_thread::sleep_for(std::chrono::milliseconds(rounds % 7));
        }
    });
    int torn = 0;
    for (int i = 0; i < 200; ++i) {
        const auto gathered = box.gathered();
        REQUIRE(gathered);
        const auto files = files_of(*gathered);
        // A key may be one round ahead of its certificate, since nothing here says that they belong together; what was
        // read at different moments would be further apart.
        const int key = std::atoi(files.at("pairs/clean/key").c_str());
        const int certificate = std::atoi(files.at("pairs/clean/certificate").c_str());
        if (key != certificate && key != certificate + 1) ++torn;
    }
    over = true;
    replacing.join();
    CHECK(torn == 0);
    CHECK_FALSE(failed);
    CHECK(rounds > 10);
}

TEST_CASE("nothing is taken while the daemon replaces a pair") {
    const Box box;
    fs::create_directory(box.state / "clean/pending");
    box.write("clean/pending/journal", "{}");
    const auto refused = box.gathered(std::chrono::milliseconds(50));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "files_changing");
    std::thread daemon([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        fs::remove(box.state / "clean/pending/journal");
    });
    const auto gathered = box.gathered();
    daemon.join();
    REQUIRE(gathered);
    CHECK(gathered->left_out.empty());
}

TEST_CASE("a configuration that is wrong, and a restore that waits to be finished, are told") {
    const Box box;
    box.configure(R"(, "wrkers": 2, "log": {"level": "loud"})");
    const auto wrong = box.gathered();
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == "configuration_invalid");
    CHECK(wrong.error().message.find("wrkers") != std::string::npos);
    CHECK(wrong.error().message.find("log.level") != std::string::npos);
    box.configure("");
    fs::create_directory(box.state / "restore");
    box.write("restore/journal", "{}");
    const auto waits = box.gathered();
    REQUIRE_FALSE(waits);
    CHECK(waits.error().code == "restore_unfinished");
}

}  // namespace gathering_test
