// Whatever fails, and wherever the machine stops while a restore takes effect: the box is the former one, or the next
// start makes it the restored one; never half of each.
#include "config/restored_state.hpp"

#include "tests/fault/faulty_files.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <fstream>
#include <map>
#include <sstream>

namespace gatehouse::fault::restored_state_test {

namespace {

namespace fs = std::filesystem;
using config::Finished;

using Tree = std::map<std::string, std::string>;  // path below a folder -> bytes

const Tree former{{"gatehouse.db", "former"},     {"gatehouse.db-wal", "former"}, {"clean/cert.key", "former"},
                  {"clean/cert.pem", "former"},   {"vault/key", "former"},        {"initial-password", "former"},
                  {"samples/ab/cd/ef", "former"}, {"own/page.html", "own"}};
const Tree unpacked{{"gatehouse.db", "restored"},
                    {"clean/cert.key", "restored"},
                    {"clean/cert.pem", "restored"},
                    {"admin/cert.key", "restored"},
                    {"vault/key", "restored"}};
// What the plan does not name stays.
const Tree restored{{"gatehouse.db", "restored"},   {"clean/cert.key", "restored"}, {"clean/cert.pem", "restored"},
                    {"admin/cert.key", "restored"}, {"vault/key", "restored"},      {"samples/ab/cd/ef", "former"},
                    {"own/page.html", "own"}};

void lay_down(const fs::path& folder, const Tree& tree) {
    for (const auto& [name, bytes] : tree) {
        fs::create_directories((folder / name).parent_path());
        std::ofstream(folder / name) << bytes;
    }
}

std::string text_at(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
}

// Without what lies in restore/.
Tree tree_at(const fs::path& folder) {
    Tree tree;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        const std::string name = entry.path().lexically_relative(folder).string();
        if (entry.is_regular_file() && !name.starts_with("restore/")) tree[name] = text_at(entry.path());
    }
    return tree;
}

// A box whose backup is unpacked, and a configuration that waits.
struct Box {
    tests::Folder folder{tests::quick_place()};
    fs::path root = folder / "root";
    fs::path state = root / "state";
    fs::path configuration = root / "etc/gatehouse.json";

    Box() {
        lay_down(state, former);
        lay_down(state / "restore/new", unpacked);
        lay_down(root / "etc", {{"gatehouse.json", "former"}, {"gatehouse.json.gatehouse-new", "restored"}});
    }
    [[nodiscard]] config::RestorePlan plan() const {
        return {{"gatehouse.db", "gatehouse.db-wal", "gatehouse.db-shm", "clean", "admin", "vault", "initial-password"},
                {"admin", "clean", "gatehouse.db", "vault"},
                {configuration}};
    }
    [[nodiscard]] bool is_former() const { return tree_at(state) == former && text_at(configuration) == "former"; }
    [[nodiscard]] bool is_restored() const {
        return tree_at(state) == restored && text_at(configuration) == "restored";
    }
};

// As gatehousectl does it.
base::Result<void> commit(base::FileSystem& files, const Box& box) {
    if (auto noted = config::note_restore(files, box.state, box.plan()); !noted) return noted;
    for (const fs::path& file : box.plan().elsewhere) {
        if (auto placed = config::place_elsewhere(files, file); !placed) return placed;
    }
    const auto finished = config::finish_restore(files, box.state);
    return finished ? base::Result<void>() : base::fail(finished.error());
}

constexpr std::array losses{Loss::nothing, Loss::all_unsynced};
constexpr std::array faults{Fault::fail_once,   Fault::fail_always, Fault::full,
                            Fault::stop_before, Fault::stop_half,   Fault::stop_after};

std::size_t steps_in_all() {
    Box box;
    FaultyFiles files(box.root);
    REQUIRE(commit(files, box));
    REQUIRE(box.is_restored());
    return files.steps();
}

// True: it counted.
bool run(std::size_t step, Fault fault, Loss loss) {
    const Box box;
    FaultyFiles files(box.root);
    files.inject(step, fault);
    try {
        const auto committed = commit(files, box);
        if (committed) CHECK(box.is_restored());
    } catch (const Stopped&) {
        files.lose(loss, 0);
    }
    const bool counts = fs::exists(box.state / "restore/journal");
    base::SystemFiles system;
    const auto finished = config::finish_restore(system, box.state);
    REQUIRE(finished);
    CHECK((*finished == Finished::nothing) != counts);
    if (counts) CHECK(*finished == Finished::state_and_others);
    if (counts) CHECK(box.is_restored());
    if (!counts) CHECK((box.is_former() || box.is_restored()));
    CHECK_FALSE(fs::exists(box.state / "restore/journal"));
    return counts;
}

}  // namespace

TEST_CASE("a restore that stops anywhere leaves the former box, or is finished by the next start") {
    const std::size_t steps = steps_in_all();
    REQUIRE(steps > 15);
    std::size_t counted = 0;
    for (std::size_t step = 1; step <= steps; ++step) {
        for (const Fault fault : faults) {
            for (const Loss loss : losses) {
                INFO("step " << step << " of " << steps << ", fault " << static_cast<int>(fault) << ", loss "
                             << static_cast<int>(loss));
                counted += run(step, fault, loss) ? 1 : 0;
            }
        }
    }
    CHECK(counted > steps);
}

namespace {

// A box whose restore counted, was interrupted in the middle, and can't be finished: what it held lies in `old`.
struct HalfBox : Box {
    HalfBox() {
        fs::remove_all(state / "restore/new");
        lay_down(state / "restore", {{"journal", "garbage"}, {"old/clean/cert.key", "former"}});
        fs::remove(state / "clean/cert.key");
    }
    // As it was found.
    [[nodiscard]] bool waits() const {
        return text_at(state / "restore/journal") == "garbage" &&
               text_at(state / "restore/old/clean/cert.key") == "former" && !fs::exists(state / "restore.given-up");
    }
};

// As gatehousectl does it with --force. The folders are as durable as what is unpacked into them.
base::Result<void> commit_over(base::FileSystem& files, const HalfBox& box) {
    if (auto given_up = config::give_up(files, box.state); !given_up) return given_up;
    for (const char* name : {"restore", "restore/new", "restore/old"}) {
        if (auto made = files.make_folder(box.state / name, 0700); !made) return made;
    }
    for (const auto& [name, bytes] : unpacked) {
        if (auto made = files.make_folder((box.state / "restore/new" / name).parent_path(), 0700); !made) return made;
        if (auto put = files.write_new(box.state / "restore/new" / name, bytes, 0600); !put) return put;
        if (auto synced = files.sync(box.state / "restore/new" / name); !synced) return synced;
        auto synced = files.sync_folder((box.state / "restore/new" / name).parent_path());
        if (!synced) return synced;
    }
    for (const fs::path& folder : {box.state / "restore/new", box.state / "restore", box.state}) {
        if (auto synced = files.sync_folder(folder); !synced) return synced;
    }
    return commit(files, box);
}

}  // namespace

TEST_CASE("a restore over one that can't be finished, and that stops anywhere, loses nothing of what waits") {
    std::size_t steps = 0;
    {
        const HalfBox box;
        FaultyFiles files(box.root);
        REQUIRE(commit_over(files, box));
        CHECK(box.is_restored());
        CHECK_FALSE(fs::exists(box.state / "restore.given-up"));
        steps = files.steps();
    }
    std::size_t counted = 0;
    for (std::size_t step = 1; step <= steps; ++step) {
        for (const Fault fault : faults) {
            for (const Loss loss : losses) {
                INFO("step " << step << " of " << steps << ", fault " << static_cast<int>(fault) << ", loss "
                             << static_cast<int>(loss));
                const HalfBox box;
                FaultyFiles files(box.root);
                files.inject(step, fault);
                bool done = false;
                try {
                    done = commit_over(files, box).has_value();
                } catch (const Stopped&) {
                    files.lose(loss, 0);
                }
                base::SystemFiles system;
                const auto finished = config::finish_restore(system, box.state);
                if (finished) {
                    CHECK(box.is_restored());
                    CHECK_FALSE(fs::exists(box.state / "restore.given-up"));
                    ++counted;
                } else {
                    CHECK_FALSE(done);
                    CHECK(finished.error().code == "restore_damaged");
                    CHECK(box.waits());
                }
            }
        }
    }
    CHECK(counted > steps);
}

TEST_CASE("where there is nothing to finish nothing is touched, and a journal that says nothing is told") {
    const Box box;
    base::SystemFiles files;
    CHECK(*config::finish_restore(files, box.state) == Finished::nothing);
    CHECK(box.is_former());
    CHECK(fs::exists(box.state / "restore/new/gatehouse.db"));
    CHECK(*config::finish_restore(files, box.root / "missing") == Finished::nothing);
    for (const char* text : {"", "{", "[]", "{}", R"({"version":2,"leaving":[],"coming":[],"elsewhere":[]})",
                             R"({"version":1,"leaving":["../etc"],"coming":[],"elsewhere":[]})",
                             R"({"version":1,"leaving":[],"coming":[".."],"elsewhere":[]})",
                             R"({"version":1,"leaving":["restore"],"coming":[],"elsewhere":[]})",
                             R"({"version":1,"leaving":[],"coming":"clean","elsewhere":[]})",
                             R"({"version":1,"leaving":[],"coming":[],"elsewhere":[7]})"}) {
        std::ofstream(box.state / "restore/journal") << text;
        const auto finished = config::finish_restore(files, box.state);
        REQUIRE_FALSE(finished);
        CHECK(finished.error().code == "restore_damaged");
        CHECK(box.is_former());
    }
}

TEST_CASE("what can't be put in place elsewhere keeps the box as it was, and the command that does it is told") {
    const Box box;
    base::SystemFiles files;
    fs::remove(box.configuration);
    lay_down(box.configuration, {{"in the way", ""}});  // a folder
    const auto committed = commit(files, box);
    REQUIRE_FALSE(committed);
    CHECK(committed.error().code == "restore_unfinished");
    CHECK(committed.error().advice.find("mv " + box.configuration.string() + ".gatehouse-new " +
                                        box.configuration.string()) != std::string::npos);
    CHECK(tree_at(box.state) == former);
    // But a journal, which others may have written, gives nobody commands.
    const auto unfinished = config::finish_restore(files, box.state);
    REQUIRE_FALSE(unfinished);
    CHECK(unfinished.error().code == "restore_unfinished");
    CHECK(unfinished.error().advice.find("mv ") == std::string::npos);
    fs::remove_all(box.configuration);
    fs::rename(box.configuration.string() + ".gatehouse-new", box.configuration);
    CHECK(*config::finish_restore(files, box.state) == Finished::state_and_others);
    CHECK(box.is_restored());
    CHECK_FALSE(fs::exists(box.state / "restore"));
}

}  // namespace gatehouse::fault::restored_state_test
