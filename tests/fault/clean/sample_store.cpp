// Whatever fails, and wherever the machine stops: a sample that was acknowledged is there afterwards, whole; and after
// the start nothing is there that no row refers to.
#include "server/clean/sample_store.hpp"

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
using clean::HeldContent;
using clean::SampleStore;
using tests::Folder;

constexpr std::array losses{std::pair{Loss::nothing, 0U},        std::pair{Loss::all_unsynced, 0U},
                            std::pair{Loss::unsynced_bytes, 0U}, std::pair{Loss::some_names, 1U},
                            std::pair{Loss::some_names, 2U},     std::pair{Loss::some_names, 3U},
                            std::pair{Loss::some_names, 4U}};
constexpr std::array faults{Fault::fail_once,   Fault::fail_always, Fault::full,
                            Fault::stop_before, Fault::stop_half,   Fault::stop_after};
constexpr clean::StoreLimits no_limits{0, 0, 64};
const std::string prior = "a content that was there before";

// The database: rows are durable as soon as they are written. What it holds outlives every stop.
struct Rows {
    std::map<std::string, std::pair<int, std::string>> by_sha256;  // how many rows, and what was submitted

    void add(const std::string& sha256, const std::string& bytes) {
        auto& [count, text] = by_sha256[sha256];
        ++count;
        text = bytes;
    }
    // True: nobody refers to it any more.
    bool remove(const std::string& sha256) {
        const auto found = by_sha256.find(sha256);
        if (--found->second.first > 0) return false;
        by_sha256.erase(found);
        return true;
    }
    [[nodiscard]] SampleStore::Known known() const {
        return [this](const std::string& prefix) -> base::Result<std::vector<std::string>> {
            std::vector<std::string> found;
            for (const auto& row : by_sha256) {
                if (row.first.starts_with(prefix)) found.push_back(row.first);
            }
            return found;
        };
    }
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
    const auto held = incoming->finish();
    if (!held) {
        incoming->discard();
        return {};
    }
    rows.add(held->content.sha256, bytes);
    return held->content.sha256;
}

void remove(SampleStore& store, Rows& rows, const std::string& sha256) {
    const auto planned = store.plan_removal(sha256);
    if (rows.remove(sha256)) (void)store.remove(planned);
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
         const auto planned = store.plan_removal(prior_sha256);
         const bool unreferenced = rows.remove(prior_sha256);
         submit(store, rows, prior);
         if (unreferenced) (void)store.remove(planned);
     }},
    {"two at once, the second held by the first's file",
     [](SampleStore& store, Rows& rows, const std::string&) {
         auto first = store.begin();
         if (!first || !first->append("new")) return;
         const auto held = first->finish();
         if (!held) {
             first->discard();
             submit(store, rows, "new");
             return;
         }
         submit(store, rows, "new");
         rows.add(held->content.sha256, "new");
     }},
};

std::string bytes_at(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

struct Stage {
    Folder folder{tests::quick_place()};
    fs::path root = folder / "state";
    Rows rows;
    std::string prior_sha256;

    Stage() {
        fs::create_directories(root);
        FaultyFiles files(root);
        auto store = SampleStore::open(files, root / "samples", no_limits);
        REQUIRE(store);
        prior_sha256 = submit(**store, rows, prior);
        REQUIRE_FALSE(prior_sha256.empty());
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
        const auto difference = (*store)->compare(rows.known());
        REQUIRE(difference);
        REQUIRE(difference->missing.empty());
        REQUIRE(difference->unknown.empty());
        REQUIRE(fs::is_empty(root / "samples" / "incoming"));
        std::uint64_t bytes = 0;
        for (const auto& [sha256, row] : rows.by_sha256) {
            REQUIRE(bytes_at((*store)->place(sha256)) == row.second);
            bytes += row.second.size();
        }
        REQUIRE((*store)->used_bytes() == bytes);
        const auto is_file = [](const fs::directory_entry& entry) { return entry.is_regular_file(); };
        const fs::recursive_directory_iterator all(root / "samples");
        REQUIRE(static_cast<std::size_t>(std::count_if(begin(all), end(all), is_file)) == rows.by_sha256.size());
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
        remove(store, rows, prior_sha256);
        submit(store, rows, "kept");
        throw Stopped{};
    };
    for (std::size_t step = 1; step <= 8; ++step) {
        for (const Fault fault : {Fault::fail_once, Fault::stop_before, Fault::stop_after}) {
            for (const auto& [loss, seed] : losses) {
                Stage stage;
                stage.run(leave_everywhere, 0, Fault::none, loss, seed);
                FaultyFiles files(stage.root);
                files.inject(step, fault);
                try {
                    const auto store = SampleStore::open(files, stage.root / "samples", no_limits);
                    if (store) (void)(*store)->compare(stage.rows.known());
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
