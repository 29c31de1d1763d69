#include "server/clean/sample_store.hpp"

#include "tests/fault/faulty_files.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <sys/stat.h>
#include <thread>
#include <utility>
#include <vector>

namespace sample_store_test {

using namespace gatehouse;
using clean::Content;
using clean::HeldContent;
using clean::SampleStore;
using clean::StoreLimits;
using tests::Folder;
namespace fs = std::filesystem;

namespace {

constexpr StoreLimits no_limits{0, 0, 64};

struct Box {
    Folder folder{tests::quick_place()};
    fs::path samples = folder / "samples";
    base::SystemFiles files;

    [[nodiscard]] std::unique_ptr<SampleStore> open(const StoreLimits& limits = no_limits) {
        return open_with(files, limits);
    }
    [[nodiscard]] std::unique_ptr<SampleStore> open_with(base::FileSystem& system, const StoreLimits& limits) const {
        auto store = SampleStore::open(system, samples, limits);
        INFO((store ? std::string() : store.error().text()));
        REQUIRE(store);
        return std::move(*store);
    }
    /// Regular files below the store's folder, by their paths in it.
    [[nodiscard]] std::set<std::string> listing() const {
        std::set<std::string> names;
        for (const auto& entry : fs::recursive_directory_iterator(samples)) {
            if (entry.is_regular_file()) names.insert(fs::relative(entry.path(), samples).string());
        }
        return names;
    }
};

HeldContent put(SampleStore& store, std::string_view bytes) {
    auto incoming = store.begin();
    INFO((incoming ? std::string() : incoming.error().text()));
    REQUIRE(incoming);
    REQUIRE(incoming->append(bytes.substr(0, bytes.size() / 2)));
    REQUIRE(incoming->append(bytes.substr(bytes.size() / 2)));
    auto held = incoming->finish();
    INFO((held ? std::string() : held.error().text()));
    REQUIRE(held);
    return std::move(*held);
}

std::string read_all(const SampleStore& store, const std::string& sha256) {
    const auto file = store.read(sha256);
    if (!file) return file.error().code;
    std::string bytes(1000, '\0');
    const ssize_t got = (*file)->read(0, {bytes.data(), bytes.size()});
    REQUIRE(got >= 0);
    bytes.resize(static_cast<std::size_t>(got));
    return bytes;
}

mode_t mode_of(const fs::path& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_mode & 07777U;
}

// The database's part: what rows refer to.
SampleStore::Known rows(const std::vector<std::string>& all) {
    return [all](const std::string& prefix) -> base::Result<std::vector<std::string>> {
        std::vector<std::string> found;
        for (const std::string& one : all) {
            if (one.starts_with(prefix)) found.push_back(one);
        }
        return found;
    };
}

const std::string unknown_sha(64, '0');

}  // namespace

TEST_CASE("a content lies under its checksum, for the owner alone, and is read back as it came") {
    Box box;
    const mode_t former = ::umask(0);
    const auto store = box.open();
    const HeldContent held = put(*store, "some bytes");
    ::umask(former);
    const std::string& sha256 = held.content.sha256;
    CHECK(held.content.size == 10);
    const fs::path place = box.samples / sha256.substr(0, 2) / sha256.substr(2, 2) / sha256;
    CHECK(store->place(sha256) == place);
    CHECK(mode_of(place) == 0600);
    for (const fs::path& folder : {box.samples, box.samples / "incoming", place.parent_path()})
        CHECK(mode_of(folder) == 0700);
    CHECK(read_all(*store, sha256) == "some bytes");
    CHECK(box.listing().size() == 1);
    CHECK(store->used_bytes() == 10);
}

TEST_CASE("a content that comes again is stored once, however often and when it comes") {
    Box box;
    const auto store = box.open();
    auto first = store->begin();
    auto second = store->begin();
    REQUIRE((first && second));
    REQUIRE(first->append("same"));
    REQUIRE(second->append("same"));
    const auto one = first->finish();
    const auto two = second->finish();
    REQUIRE((one && two));
    CHECK(one->content == two->content);
    const HeldContent three = put(*store, "same");
    CHECK(three.content == one->content);
    CHECK(box.listing().size() == 1);
    CHECK(store->used_bytes() == 4);
}

TEST_CASE("a stored content that was damaged is mended by the next one that is the same") {
    Box box;
    const auto store = box.open();
    const std::string sha256 = put(*store, "some bytes").content.sha256;
    std::ofstream(store->place(sha256), std::ios::trunc) << "short";
    (void)put(*store, "some bytes");
    CHECK(read_all(*store, sha256) == "some bytes");
}

TEST_CASE("what is not finished is gone, and what a process left half done goes at the next start") {
    Box box;
    auto store = box.open();
    {
        auto incoming = store->begin();
        REQUIRE(incoming);
        REQUIRE(incoming->append("half of"));
        CHECK(box.listing().size() == 1);
    }
    CHECK(box.listing().empty());
    {
        auto incoming = store->begin();
        REQUIRE(incoming);
        REQUIRE(incoming->append("half of"));
        incoming->discard();
        CHECK(box.listing().empty());
    }
    const HeldContent held = put(*store, "whole");
    std::ofstream(box.samples / "incoming" / "left") << "by a crash";
    store = box.open();
    CHECK(box.listing().size() == 1);
    CHECK(store->used_bytes() == 5);
    CHECK(read_all(*store, held.content.sha256) == "whole");
}

TEST_CASE("what is no checksum is never made a path of") {
    Box box;
    const auto store = box.open();
    for (const std::string name : {"", "..", "../../../etc/passwd", "incoming"})
        CHECK(store->read(name).error().code == "file_missing");
    CHECK(store->read(unknown_sha).error().code == "file_missing");
    // A link in the place of a content is not followed.
    fs::create_directories(store->place(unknown_sha).parent_path());
    fs::create_symlink("/etc/passwd", store->place(unknown_sha));
    CHECK(store->read(unknown_sha).error().code == "file_io");
}

TEST_CASE("a full disk is told as such, and nothing is left behind") {
    Box box;
    fault::FaultyFiles files(box.folder.path());
    const auto store = box.open_with(files, no_limits);
    const std::size_t steps_before = files.steps();
    {
        const HeldContent all_is_well = put(*store, "first");
        CHECK(store->remove(store->plan_removal(all_is_well.content.sha256)).value() == false);
    }
    const std::size_t steps = files.steps() - steps_before;
    const auto before = box.listing();
    for (std::size_t step = 1; step <= steps; ++step) {
        files.inject(files.steps() + step, fault::Fault::full);
        std::string code = "stored";
        {
            auto incoming = store->begin();
            if (!incoming) {
                code = incoming.error().code;
            } else if (const auto appended = incoming->append("second"); !appended) {
                code = appended.error().code;
            } else if (const auto held = incoming->finish(); !held) {
                code = held.error().code;
            }
        }
        files.inject(0, fault::Fault::none);
        INFO("step " << step);
        if (code == "stored") {
            CHECK(step > 2);
            break;
        }
        CHECK(code == "disk_full");
        CHECK(box.listing() == before);
        CHECK(store->used_bytes() == 5);
    }
}

TEST_CASE("room for the rest of the system is left on the disk") {
    Box box;
    fault::FaultyFiles files(box.folder.path());
    const auto store = box.open_with(files, {1000, 0, 64});
    files.pretend_free(999);
    CHECK(store->begin().error().code == "disk_full");
    files.pretend_free(1005);
    auto incoming = store->begin();
    REQUIRE(incoming);
    CHECK(incoming->append("12345"));
    const auto refused = incoming->append("123456");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == base::ErrorKind::io);
    CHECK(refused.error().code == "disk_full");
    incoming->discard();
    CHECK(box.listing().empty());
}

TEST_CASE("the quota counts what is stored and what comes in, and what goes is free again") {
    Box box;
    const auto store = box.open({0, 10, 64});
    const std::string sha256 = put(*store, "123456").content.sha256;
    {
        auto incoming = store->begin();
        auto other = store->begin();
        REQUIRE((incoming && other));
        CHECK(incoming->append("abc"));
        CHECK(other->append("d"));
        CHECK(other->append("e").error().code == "quota_reached");
    }
    CHECK(store->remove(store->plan_removal(sha256)).value());
    CHECK(store->used_bytes() == 0);
    CHECK(put(*store, "1234567890").content.size == 10);
    CHECK(store->begin()->append("1").error().code == "quota_reached");
    store->set_limits(no_limits);
    CHECK(store->begin()->append("1"));
}

TEST_CASE("no more contents come in at once than may, and one that ends makes room for the next") {
    Box box;
    const auto store = box.open({0, 0, 2});
    std::optional first(store->begin());
    auto second = store->begin();
    REQUIRE((*first && second));
    const auto refused = store->begin();
    REQUIRE_FALSE(refused);
    CHECK(refused.error().kind == base::ErrorKind::unavailable);
    CHECK(refused.error().code == "busy");
    first.reset();
    CHECK(store->begin());
}

TEST_CASE("a removal asks first, and spares what somebody submits meanwhile") {
    Box box;
    const auto store = box.open();
    const std::string sha256 = put(*store, "same").content.sha256;
    {
        const auto planned = store->plan_removal(sha256);
        // The database says: nobody. Then somebody submits the same, and its row is written.
        { const HeldContent meanwhile = put(*store, "same"); }
        CHECK_FALSE(store->remove(planned).value());
    }
    CHECK(read_all(*store, sha256) == "same");
    {
        const HeldContent held = put(*store, "same");
        CHECK_FALSE(store->remove(store->plan_removal(sha256)).value());
    }
    CHECK(store->remove(store->plan_removal(sha256)).value());
    CHECK(read_all(*store, sha256) == "file_missing");
    CHECK(store->remove(store->plan_removal(sha256)).value());  // what is not there needs no removal
    CHECK(store->used_bytes() == 0);
    CHECK(box.listing().empty());
}

TEST_CASE("who reads a content that is removed reads it to its end") {
    Box box;
    const auto store = box.open();
    const std::string sha256 = put(*store, "same").content.sha256;
    const auto file = store->read(sha256);
    REQUIRE(file);
    CHECK(store->remove(store->plan_removal(sha256)).value());
    std::array<char, 10> bytes{};
    CHECK((*file)->read(0, bytes) == 4);
}

TEST_CASE(
    "the comparison removes what no row refers to, tells what is missing, and leaves alone what it does not know") {
    Box box;
    const auto store = box.open();
    const std::string kept = put(*store, "kept").content.sha256;
    const std::string orphan = put(*store, "orphan").content.sha256;
    const HeldContent coming = put(*store, "its row is not written yet");
    std::ofstream(box.samples / kept.substr(0, 2) / "note.txt") << "an operator's";
    std::ofstream(store->place(kept).parent_path() / "backup") << "an operator's";
    std::ofstream(box.samples / "lost+found") << "not ours";
    const auto difference = store->compare(rows({kept, unknown_sha}));
    REQUIRE(difference);
    CHECK(difference->removed == 1);
    CHECK(difference->missing == std::vector{unknown_sha});
    CHECK(difference->unknown.size() == 2);
    CHECK(read_all(*store, kept) == "kept");
    CHECK(read_all(*store, orphan) == "file_missing");
    CHECK(read_all(*store, coming.content.sha256) == "its row is not written yet");
    CHECK(box.listing().size() == 5);
    CHECK(store->used_bytes() == std::string("keptits row is not written yet").size());
}

TEST_CASE("a comparison that cannot ask the database removes nothing") {
    Box box;
    const auto store = box.open();
    const std::string sha256 = put(*store, "kept").content.sha256;
    const auto silent = [](const std::string&) -> base::Result<std::vector<std::string>> {
        return base::fail(base::ErrorKind::io, "database_failed", "The database does not answer.");
    };
    CHECK(store->compare(silent).error().code == "database_failed");
    CHECK(read_all(*store, sha256) == "kept");
}

TEST_CASE("submissions, removals and comparisons of the same contents at once never lose one that a row refers to") {
    Box box;
    const auto store = box.open();
    std::mutex mutex;
    std::multiset<std::string> table;  // of rows
    std::atomic<bool> lost = false;
    const auto refers = [&](const std::string& sha256) {
        const std::lock_guard lock(mutex);
        return table.count(sha256) > 0;
    };
    const auto submit_and_remove = [&](unsigned number) {
        for (int round = 0; round < 200; ++round) {
            const std::string bytes(1, static_cast<char>('a' + (number + static_cast<unsigned>(round)) % 2));
            std::string sha256;
            {
                auto incoming = store->begin();
                if (!incoming || !incoming->append(bytes)) std::abort();
                const auto held = incoming->finish();
                if (!held) std::abort();
                sha256 = held->content.sha256;
                const std::lock_guard lock(mutex);
                table.insert(sha256);
            }
            if (!store->read(sha256)) lost = true;
            {
                const std::lock_guard lock(mutex);
                table.erase(table.find(sha256));
            }
            const auto planned = store->plan_removal(sha256);
            if (!refers(sha256) && !store->remove(planned)) std::abort();
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i)
        threads.emplace_back(submit_and_remove, i);
    for (int round = 0; round < 5; ++round) {
        const auto compared = store->compare([&](const std::string& prefix) {
            const std::lock_guard lock(mutex);
            return rows({table.begin(), table.end()})(prefix);
        });
        if (!compared) lost = true;
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK_FALSE(lost);
    REQUIRE(store->compare(rows({})));
    CHECK(box.listing().empty());
    CHECK(store->used_bytes() == 0);
}

}  // namespace sample_store_test
