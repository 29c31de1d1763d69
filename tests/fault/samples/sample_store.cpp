// Whatever fails, and wherever the machine stops: a sample that was acknowledged is there afterwards, whole; after the
// start nothing of what came or went is there that no row refers to; and what the database never knew is still there.
#include "server/samples/sample_store.hpp"

#include "tests/fault/faulty_files.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::fault::sample_store_test {

namespace {

namespace fs = std::filesystem;
using samples::ContentHolds;
using samples::SampleStore;
using tests::Folder;

constexpr std::array losses{std::pair{Loss::nothing, 0U},        std::pair{Loss::all_unsynced, 0U},
                            std::pair{Loss::unsynced_bytes, 0U}, std::pair{Loss::some_names, 1U},
                            std::pair{Loss::some_names, 2U},     std::pair{Loss::some_names, 3U},
                            std::pair{Loss::some_names, 4U}};
constexpr std::array faults{Fault::fail_once,   Fault::fail_always, Fault::full,
                            Fault::stop_before, Fault::stop_half,   Fault::stop_after};
constexpr samples::StoreLimits no_limits{0, 0, 64};
const std::string prior = "a content that was there before";
const std::string foreign = "a content that another database knew";

// The database: rows are durable as soon as they are written. What it holds outlives every stop.
struct Rows {
    std::map<std::string, std::pair<int, std::string>> by_sha256;  // how many rows, and what was submitted

    void add(const std::string& sha256, const std::string& bytes) {
        auto& [count, text] = by_sha256[sha256];
        ++count;
        text = bytes;
    }
    void remove(const std::string& sha256) {
        const auto found = by_sha256.find(sha256);
        if (--found->second.first == 0) by_sha256.erase(found);
    }
    [[nodiscard]] bool refer_to(const std::string& sha256) const { return by_sha256.contains(sha256); }
};

// What a submission does; empty: it was refused.
std::string submit(SampleStore& store, Rows& rows, const std::string& bytes) {
    auto incoming = store.begin();
    if (!incoming) return {};
    const std::size_t half = bytes.size() / 2;
    if (!incoming->append(bytes.substr(0, half)) || !incoming->append(bytes.substr(half))) {
        incoming->discard();
        return {};
    }
    auto held = incoming->finish();
    if (!held) {
        incoming->discard();
        return {};
    }
    const std::string sha256 = held->content.sha256;
    rows.add(sha256, bytes);
    (void)store.keep(std::move(*held));
    return sha256;
}

// A submission that is refused when its content is in its place.
void submit_in_vain(SampleStore& store, const Rows& rows, const std::string& bytes) {
    auto incoming = store.begin();
    if (!incoming || !incoming->append(bytes)) return;
    std::string sha256;
    {
        const auto held = incoming->finish();
        if (!held) return;
        sha256 = held->content.sha256;
    }
    const auto planned = store.plan_removal(sha256);
    (void)store.settle(planned, rows.refer_to(sha256));
}

using Planned = std::vector<ContentHolds::Intent>;

// Empty: nothing may be removed.
Planned plan(SampleStore& store, const std::string& sha256) {
    Planned planned;
    planned.push_back(store.plan_removal(sha256));
    if (!store.mark(planned)) planned.clear();
    return planned;
}

void remove(SampleStore& store, Rows& rows, const std::string& sha256) {
    const Planned planned = plan(store, sha256);
    if (planned.empty()) return;
    rows.remove(sha256);
    (void)store.settle(planned.front(), rows.refer_to(sha256));
}

// What a start does, and every minute.
void settle_all(SampleStore& store, const Rows& rows) {
    const auto planned = store.unsettled();
    if (!planned) return;
    for (const ContentHolds::Intent& intent : *planned)
        (void)store.settle(intent, rows.refer_to(intent.sha256()));
}

using Play = std::function<void(SampleStore&, Rows&, const std::string& prior_sha256)>;

const std::vector<std::pair<std::string, Play>> plays{
    {"one submission", [](SampleStore& store, Rows& rows, const std::string&) { submit(store, rows, "new"); }},
    {"one that is there already",
     [](SampleStore& store, Rows& rows, const std::string&) { submit(store, rows, prior); }},
    {"two of the same after each other",
     [](SampleStore& store, Rows& rows, const std::string&) {
         submit(store, rows, "new");
         submit(store, rows, "new");
     }},
    {"the last of a content is removed, and it is submitted again",
     [](SampleStore& store, Rows& rows, const std::string& prior_sha256) {
         remove(store, rows, prior_sha256);
         submit(store, rows, prior);
     }},
    {"it is submitted while it is removed",
     [](SampleStore& store, Rows& rows, const std::string& prior_sha256) {
         const Planned planned = plan(store, prior_sha256);
         if (planned.empty()) return;
         rows.remove(prior_sha256);
         const bool referred = rows.refer_to(prior_sha256);
         submit(store, rows, prior);
         (void)store.settle(planned.front(), referred);
     }},
    {"it is submitted in vain while it is removed",
     [](SampleStore& store, Rows& rows, const std::string& prior_sha256) {
         const Planned planned = plan(store, prior_sha256);
         if (planned.empty()) return;
         rows.remove(prior_sha256);
         submit_in_vain(store, rows, prior);
         (void)store.settle(planned.front(), rows.refer_to(prior_sha256));
     }},
    {"one that is refused, and again",
     [](SampleStore& store, Rows& rows, const std::string&) {
         submit_in_vain(store, rows, "new");
         submit_in_vain(store, rows, "new");
     }},
    {"one that is refused, of what is there",
     [](SampleStore& store, Rows& rows, const std::string&) {
         submit_in_vain(store, rows, prior);
         submit_in_vain(store, rows, foreign);
     }},
    {"one that the database did not know",
     [](SampleStore& store, Rows& rows, const std::string&) {
         const std::string sha256 = submit(store, rows, foreign);
         if (!sha256.empty()) rows.remove(sha256);  // without a word, as an older database
     }},
    {"two at once, the second held by the first's file",
     [](SampleStore& store, Rows& rows, const std::string&) {
         auto first = store.begin();
         if (!first || !first->append("new")) return;
         auto held = first->finish();
         if (!held) {
             first->discard();
             submit(store, rows, "new");
             return;
         }
         submit(store, rows, "new");
         rows.add(held->content.sha256, "new");
         (void)store.keep(std::move(*held));
     }},
    {"two at once, the first of which is refused",
     [](SampleStore& store, Rows& rows, const std::string&) {
         auto first = store.begin();
         if (!first || !first->append("new")) return;
         {
             const auto held = first->finish();
             if (!held) return;
             submit(store, rows, "new");
         }
         settle_all(store, rows);
     }},
};

std::string bytes_at(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

// As the comparison does.
void count(SampleStore& store) {
    constexpr std::string_view digits = "0123456789abcdef";
    for (const char first : digits) {
        for (const char second : digits)
            REQUIRE(store.look({first, second}));
    }
}

struct Stage {
    Folder folder{tests::quick_place()};
    fs::path root = folder / "state";
    Rows rows;
    std::string prior_sha256;
    std::string foreign_sha256;

    Stage() {
        fs::create_directories(root);
        FaultyFiles files(root);
        auto store = SampleStore::open(files, root / "samples", no_limits);
        REQUIRE(store);
        prior_sha256 = submit(**store, rows, prior);
        REQUIRE_FALSE(prior_sha256.empty());
        foreign_sha256 = submit(**store, rows, foreign);
        REQUIRE_FALSE(foreign_sha256.empty());
        rows.remove(foreign_sha256);
    }

    // Plays with a fault, then the loss. How many steps it took.
    std::size_t run(const Play& play, std::size_t step, Fault fault, Loss loss, unsigned seed) {
        FaultyFiles files(root);
        std::size_t steps = 0;
        {
            auto store = SampleStore::open(files, root / "samples", no_limits);
            REQUIRE(store);
            const std::size_t before = files.steps();
            files.inject(before + step, fault);
            try {
                play(**store, rows, prior_sha256);
            } catch (const Stopped&) {  // the next start sees what it left
            }
            steps = files.steps() - before;
        }
        files.lose(loss, seed);
        return steps;
    }

    void restart_and_check() const {
        FaultyFiles files(root);
        const auto store = SampleStore::open(files, root / "samples", no_limits);
        REQUIRE(store);
        settle_all(**store, rows);
        REQUIRE(fs::is_empty(root / "samples" / "incoming"));
        REQUIRE(fs::is_empty(root / "samples" / "unsettled"));
        REQUIRE(bytes_at((*store)->place(foreign_sha256)) == foreign);
        std::uint64_t bytes = rows.refer_to(foreign_sha256) ? 0 : foreign.size();
        for (const auto& [sha256, row] : rows.by_sha256) {
            REQUIRE(bytes_at((*store)->place(sha256)) == row.second);
            bytes += row.second.size();
        }
        count(**store);
        REQUIRE((*store)->used_bytes() == bytes);
        const auto is_file = [](const fs::directory_entry& entry) { return entry.is_regular_file(); };
        const fs::recursive_directory_iterator all(root / "samples");
        const std::size_t known = rows.by_sha256.size() + (rows.refer_to(foreign_sha256) ? 0 : 1);
        REQUIRE(static_cast<std::size_t>(std::count_if(begin(all), end(all), is_file)) == known);
    }
};

}  // namespace

TEST_CASE("whatever fails and wherever it stops, an acknowledged sample is whole and nothing else is left") {
    for (const auto& [name, play] : plays) {
        Stage undisturbed;
        const std::size_t steps = undisturbed.run(play, 0, Fault::none, Loss::all_unsynced, 0);
        REQUIRE(steps > 2);
        undisturbed.restart_and_check();
        for (std::size_t step = 1; step <= steps; ++step) {
            for (const Fault fault : faults) {
                for (const auto& [loss, seed] : losses) {
                    Stage stage;
                    INFO(name << ", step " << step << " of " << steps << ", fault " << static_cast<int>(fault)
                              << ", loss " << static_cast<int>(loss) << " " << seed);
                    stage.run(play, step, fault, loss, seed);
                    stage.restart_and_check();
                }
            }
        }
    }
}

TEST_CASE("a start that is itself cut short is made good by the next") {
    const auto leave_everywhere = [](SampleStore& store, Rows& rows, const std::string& prior_sha256) {
        auto unfinished = store.begin();
        if (unfinished) (void)unfinished->append("half of");
        auto orphan = store.begin();
        if (orphan && orphan->append("orphan")) (void)orphan->finish();
        const Planned leaving = plan(store, prior_sha256);
        rows.remove(prior_sha256);
        submit(store, rows, "kept");
        throw Stopped{};
    };
    for (std::size_t step = 1; step <= 16; ++step) {
        for (const Fault fault : {Fault::fail_once, Fault::stop_before, Fault::stop_after}) {
            for (const auto& [loss, seed] : losses) {
                Stage stage;
                stage.run(leave_everywhere, 0, Fault::none, loss, seed);
                FaultyFiles files(stage.root);
                files.inject(step, fault);
                try {
                    const auto store = SampleStore::open(files, stage.root / "samples", no_limits);
                    if (store) settle_all(**store, stage.rows);
                } catch (const Stopped&) {  // the next start is to make it good
                }
                files.lose(loss, seed);
                INFO("step " << step << ", fault " << static_cast<int>(fault) << ", loss " << static_cast<int>(loss));
                stage.restart_and_check();
            }
        }
    }
}

}  // namespace gatehouse::fault::sample_store_test
