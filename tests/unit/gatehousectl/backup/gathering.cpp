#include "gatehousectl/backup/gathering.hpp"

#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
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

// The machine's files, where something happens after `path` was read, the first so many times.
class Restless final : public base::FileSystem {
public:
    Restless(fs::path path, int times, std::function<void()> what)
        : path_(std::move(path)), times_(times), what_(std::move(what)) {}

    base::Result<base::FileContents> read(const fs::path& path, std::size_t limit, base::Links links) const override {
        auto contents = real_.read(path, limit, links);
        if (path == path_ && times_-- > 0) what_();
        return contents;
    }
    base::Result<base::FileFacts> facts(const fs::path& path) const override { return real_.facts(path); }
    base::Result<base::FileFacts> link_facts(const fs::path& path) const override { return real_.link_facts(path); }
    base::Result<std::vector<std::string>> list(const fs::path& folder) const override { return real_.list(folder); }
    base::Result<std::uint64_t> free_bytes(const fs::path& folder) const override { return real_.free_bytes(folder); }
    base::Result<std::unique_ptr<base::GrowingFile>> create(const fs::path& path, mode_t mode) override {
        return real_.create(path, mode);
    }
    base::Result<void> write_new(const fs::path& path, std::string_view bytes, mode_t mode) override {
        return real_.write_new(path, bytes, mode);
    }
    base::Result<void> sync(const fs::path& path) override { return real_.sync(path); }
    base::Result<void> sync_folder(const fs::path& folder) override { return real_.sync_folder(folder); }
    base::Result<void> rename(const fs::path& from, const fs::path& to) override { return real_.rename(from, to); }
    base::Result<void> overwrite(const fs::path& path) override { return real_.overwrite(path); }
    base::Result<void> remove(const fs::path& path) override { return real_.remove(path); }
    base::Result<void> remove_tree(const fs::path& folder) override { return real_.remove_tree(folder); }
    base::Result<void> make_folder(const fs::path& folder, mode_t mode) override {
        return real_.make_folder(folder, mode);
    }

private:
    base::SystemFiles real_;
    fs::path path_;
    mutable int times_;
    std::function<void()> what_;
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

TEST_CASE("a file that changes after it was read, before the last was, is noticed, and all are read again") {
    const Box box;
    for (const char* read_first : {"pairs/clean/certificate", "pairs/clean/key", "configuration"}) {
        const fs::path path = read_first == std::string("configuration")             ? box.folder / "gatehouse.json"
                              : read_first == std::string("pairs/clean/certificate") ? box.state / "clean/cert.pem"
                                                                                     : box.state / "clean/cert.key";
        for (int times : {1, 3}) {
            box.write("clean/cert.pem", "former");
            box.write("clean/cert.key", "former");
            const Restless files(path, times, [&] {
                base::SystemFiles system;
                REQUIRE(base::write_atomically(system, box.state / "clean/cert.key", "latter", 0600));
                REQUIRE(base::write_atomically(system, box.state / "clean/cert.pem", "latter", 0600));
            });
            const auto gathered = gather(files, box.folder / "gatehouse.json", patience);
            REQUIRE(gathered);
            const auto kept = files_of(*gathered);
            INFO(read_first << ", " << times << " times");
            CHECK(kept.at("pairs/clean/key") == "latter");
            CHECK(kept.at("pairs/clean/certificate") == "latter");
        }
    }
    const Restless ever(box.state / "clean/cert.pem", 1000000, [&] { box.write("clean/cert.pem", "another"); });
    CHECK(gather(ever, box.folder / "gatehouse.json", std::chrono::milliseconds(60)).error().code == "files_changing");
}

TEST_CASE("a configuration that changes meanwhile is not mixed with the former one") {
    const Box box;
    int written = 0;
    const Restless files(box.folder / "gatehouse.json", 1, [&] {
        ++written;
        box.configure(R"(, "workers": 3)");
    });
    const auto gathered = gather(files, box.folder / "gatehouse.json", patience);
    REQUIRE(gathered);
    CHECK(written == 1);
    CHECK(gathered->settings.workers == 3);
    CHECK(files_of(*gathered).at("configuration").find("workers") != std::string::npos);
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
