// Marks and what they are for: what was coming in or going out is settled, all else is only compared and counted.
#include "tests/fault/faulty_files.hpp"
#include "tests/unit/samples/store_box.hpp"

#include <atomic>
#include <mutex>
#include <thread>
#include <tuple>

namespace sample_store_marks_test {

using namespace gatehouse::tests;
namespace base = gatehouse::base;
namespace fault = gatehouse::fault;

TEST_CASE("a content bears a mark from before its file is in its place until its row is there, or it is gone") {
    StoreBox box;
    const auto store = box.open();
    HeldContent first = put(*store, "same");
    const std::string sha256 = first.content.sha256;
    CHECK(box.marks() == std::set{sha256});
    HeldContent second = put(*store, "same");
    CHECK(store->keep(std::move(first)));
    CHECK(box.marks() == std::set{sha256});  // the second goes by it too
    CHECK(store->keep(std::move(second)));
    CHECK(box.marks().empty());

    // What is stored and settled bears none when it comes again, and is nobody's to remove where that is refused.
    {
        const HeldContent refused = put(*store, "same");
        CHECK(box.marks().empty());
    }
    CHECK_FALSE(store->settle(store->plan_removal(sha256), false).value());
    CHECK(read_all(*store, sha256) == "same");

    { const HeldContent refused = put(*store, "other"); }
    CHECK(box.marks().size() == 1);
    CHECK(settle(*store, {sha256}) == 1);
    CHECK(box.listing().size() == 1);
    CHECK(box.marks().empty());
}

TEST_CASE("an upload that fails at the last step takes nothing from who submitted the same meanwhile") {
    StoreBox box;
    fault::FaultyFiles files(box.folder.path());
    const auto store = box.open_with(files, no_limits);
    const std::size_t before = files.steps();
    CHECK(store->keep(put(*store, "as many")));
    const std::size_t steps = files.steps() - before - 1;  // without the mark's removal
    const bool others = GENERATE(true, false);
    files.meanwhile(files.steps() + steps, [&] {
        if (others) CHECK(store->keep(put(*store, "same...")));
        files.inject(files.steps(), fault::Fault::fail_once);
    });
    auto incoming = store->begin();
    REQUIRE((incoming && incoming->append("sam") && incoming->append("e...")));
    CHECK_FALSE(incoming->finish());
    CHECK(box.listing().size() == (others ? 2 : 1));
    CHECK(box.marks().size() == (others ? 1 : 0));
    CHECK(store->used_bytes() == (others ? 14 : 7));
    for (const std::string& sha256 : box.marks()) {
        CHECK(settle(*store, {sha256}) == 0);
        CHECK(read_all(*store, sha256) == "same...");
    }
}

TEST_CASE("a mark stays while somebody wants to remove the content, whoever else is done with it") {
    StoreBox box;
    const auto store = box.open();
    HeldContent held = put(*store, "same");
    const std::string sha256 = held.content.sha256;
    {
        const auto planned = store->plan_removal(sha256);
        CHECK(store->keep(std::move(held)));
        CHECK(box.marks() == std::set{sha256});
    }
    {
        const auto one = store->plan_removal(sha256);
        const auto other = store->plan_removal(sha256);
        // A row refers to it; before this is settled the other deletes the row.
        CHECK_FALSE(store->settle(one, true).value());
        CHECK(box.marks() == std::set{sha256});
        CHECK(store->settle(other, false).value());
    }
    CHECK(box.marks().empty());
    CHECK(box.listing().empty());
}

TEST_CASE("what a former process was at is settled at the next start, and nothing else is removed") {
    StoreBox box;
    const fs::path known_place = box.samples / unknown_sha.substr(0, 2) / unknown_sha.substr(2, 2) / unknown_sha;
    StoreBox::strew(known_place, "of another time");
    std::string orphan;
    std::string done;
    std::string leaving;
    {
        const auto store = box.open();
        CHECK(store->keep(put(*store, "leaving")));
        leaving = put(*store, "leaving").content.sha256;
        std::vector<ContentHolds::Intent> planned;
        planned.push_back(store->plan_removal(leaving));
        REQUIRE(store->mark(planned));
        orphan = put(*store, "orphan").content.sha256;
        done = put(*store, "its row was written, and then it crashed").content.sha256;
    }
    const auto store = box.open();
    CHECK(box.marks() == std::set{orphan, done, leaving});
    CHECK(box.listing().size() == 4);
    CHECK(settle(*store, {done}) == 2);
    CHECK(box.marks().empty());
    CHECK(read_all(*store, done) == "its row was written, and then it crashed");
    CHECK(read_all(*store, unknown_sha) == "of another time");
    CHECK(box.listing().size() == 2);
}

TEST_CASE("a file that nobody knows is used when the same is submitted, not stored a second time") {
    StoreBox box;
    std::string sha256;
    {
        const auto store = box.open();
        sha256 = put(*store, "left by another database").content.sha256;
        CHECK(settle(*store, {sha256}) == 0);
    }
    const auto store = box.open();
    const auto before = fs::last_write_time(store->place(sha256));
    CHECK(compare(*store, {}).unknown == std::vector{sha256});
    CHECK(store->used_bytes() == 24);
    { const HeldContent refused = put(*store, "left by another database"); }
    CHECK(settle(*store, {}) == 0);
    CHECK(store->keep(put(*store, "left by another database")));
    CHECK(fs::last_write_time(store->place(sha256)) == before);
    CHECK(store->used_bytes() == 24);
    CHECK(box.listing().size() == 1);
}

TEST_CASE(
    "the comparison tells what no row refers to and what is missing, and removes neither these nor foreign files") {
    StoreBox box;
    const auto store = box.open();
    const std::string kept = put(*store, "kept").content.sha256;
    const std::string unknown = put(*store, "nobody's").content.sha256;
    CHECK(settle(*store, {kept, unknown}) == 0);
    const std::string leaving = put(*store, "its row is gone already").content.sha256;
    const HeldContent coming = put(*store, "its row is not written yet");
    StoreBox::strew(box.samples / kept.substr(0, 2) / "note.txt", "an operator's");
    StoreBox::strew(store->place(kept).parent_path() / "backup", "an operator's");
    StoreBox::strew(box.samples / "lost+found", "not ours");
    const auto before = box.listing();
    const auto compared = compare(*store, {kept, unknown_sha});
    CHECK(compared.unknown == std::vector{unknown});
    CHECK(compared.unknown_bytes == 8);
    CHECK(compared.missing == std::vector{unknown_sha});
    CHECK(compared.foreign.size() == 2);
    CHECK(box.listing() == before);
}

TEST_CASE("what changes while the comparison is under way is not told as unknown") {
    StoreBox box;
    const auto store = box.open();
    const std::string removed = put(*store, "removed").content.sha256;
    const std::string again = put(*store, "again").content.sha256;
    CHECK(settle(*store, {removed, again}) == 0);
    const auto first = store->look(removed.substr(0, 2));
    const auto second = store->look(again.substr(0, 2));
    REQUIRE((first && second));
    CHECK(remove(*store, removed));
    CHECK(store->keep(put(*store, "again")));
    CHECK(store->compare(*first, {}).unknown.empty());
    CHECK(store->compare(*second, {}).unknown.empty());
}

TEST_CASE("until all is counted the database's number stands in for it, and what changes meanwhile counts once") {
    StoreBox box;
    std::string before;
    std::string other;
    {
        const auto store = box.open();
        before = put(*store, "before").content.sha256;
        other = put(*store, "of this the database knows nothing").content.sha256;
        CHECK(settle(*store, {before, other}) == 0);
    }
    const auto store = box.open({0, 100, 64});
    store->expect(6);
    CHECK(store->used_bytes() == 6);
    const auto looked_at = store->look(before.substr(0, 2));
    CHECK(store->used_bytes() == 6);
    CHECK(store->keep(put(*store, "new")));
    CHECK(store->used_bytes() == 9);
    CHECK(remove(*store, before));
    CHECK(store->used_bytes() == 3);
    std::ignore = compare(*store, {});
    CHECK(store->used_bytes() == 3 + 34);
    std::ignore = compare(*store, {});
    CHECK(store->used_bytes() == 3 + 34);
    CHECK(store->keep(put(*store, "newer")));
    CHECK(store->used_bytes() == 3 + 34 + 5);
}

TEST_CASE(
    "submissions, removals and comparisons of the same contents at once lose none that a row refers to, and leave "
    "none") {
    StoreBox box;
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
                auto held = incoming->finish();
                if (!held) std::abort();
                sha256 = held->content.sha256;
                {
                    const std::lock_guard lock(mutex);
                    table.insert(sha256);
                }
                if (!store->keep(std::move(*held))) std::abort();
            }
            if (!store->read(sha256)) lost = true;
            std::vector<ContentHolds::Intent> planned;
            planned.push_back(store->plan_removal(sha256));
            if (!store->mark(planned)) std::abort();
            {
                const std::lock_guard lock(mutex);
                table.erase(table.find(sha256));
            }
            if (!store->settle(planned.front(), refers(sha256))) std::abort();
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < 4; ++i)
        threads.emplace_back(submit_and_remove, i);
    for (int round = 0; round < 5; ++round) {
        const auto planned = store->unsettled();
        if (!planned) std::abort();
        for (const ContentHolds::Intent& intent : *planned) {
            if (!store->settle(intent, refers(intent.sha256()))) std::abort();
        }
        std::ignore = compare(*store, {});
    }
    for (std::thread& thread : threads)
        thread.join();
    CHECK_FALSE(lost);
    settle(*store, {});
    CHECK(box.listing().empty());
    CHECK(box.marks().empty());
    CHECK(store->used_bytes() == 0);
}

}  // namespace sample_store_marks_test
