#include "config/restored_state.hpp"

#include "base/advice.hpp"
#include "config/json_text.hpp"

#include <algorithm>
#include <optional>

namespace gatehouse::config {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t largest_journal = 1024UL * 1024;
constexpr mode_t journal_mode = 0600;
constexpr mode_t own_folder_mode = 0700;
// Where a journal is followed, in the place of any other advice: no command may move what a journal names, for whoever
// runs it may be root, and whoever wrote the journal somebody else.
constexpr std::string_view restore_again =
    "As root, restore the backup again, as before and with --force: gatehousectl backup restore FILE --force.";

fs::path journal_in(const fs::path& state) {
    return restore_folder(state) / "journal";
}

Json journal_of(const RestorePlan& plan) {
    Json elsewhere = Json::array();
    for (const fs::path& file : plan.elsewhere)
        elsewhere.push_back(file.string());
    return {{"version", 1}, {"leaving", plan.leaving}, {"coming", plan.coming}, {"elsewhere", elsewhere}};
}

tl::unexpected<base::Error> damaged(const fs::path& journal) {
    return base::fail(ErrorKind::io, "restore_damaged",
                      "The restore of a backup was interrupted, and " + journal.string() +
                          ", which says how to finish it, can't be understood.",
                      std::string(restore_again) + " Only where no backup was being restored, run: rm -r " +
                          base::shell_quoted(journal.parent_path()));
}

bool is_name(const std::string& text) {
    return !text.empty() && text != "." && text != ".." && text != "restore" && text.find('/') == std::string::npos;
}

Result<RestorePlan> read_journal(const fs::path& path, std::string_view text) {
    const auto document = parse_json(text);
    if (!document || !document->is_object() || document->value("version", Json()) != 1) return damaged(path);
    RestorePlan plan;
    try {
        plan.leaving = document->at("leaving").get<std::vector<std::string>>();
        plan.coming = document->at("coming").get<std::vector<std::string>>();
        for (const Json& file : document->at("elsewhere"))
            plan.elsewhere.emplace_back(file.get<std::string>());
    } catch (const Json::exception&) {
        return damaged(path);
    }
    if (!std::ranges::all_of(plan.leaving, is_name) || !std::ranges::all_of(plan.coming, is_name)) return damaged(path);
    return plan;
}

// Whether there is anything of that name, be it a link that leads nowhere.
Result<bool> is_there(const base::FileSystem& files, const fs::path& path) {
    const auto facts = files.link_facts(path);
    if (facts) return true;
    if (facts.error().kind == ErrorKind::not_found) return false;
    return base::fail(facts.error());
}

// Where `from` is gone it was done before.
Result<void> move_once(base::FileSystem& files, const fs::path& from, const fs::path& to) {
    const auto there = is_there(files, from);
    if (!there) return base::fail(there.error());
    if (!*there) return {};
    return files.rename(from, to);
}

Result<void> move_elsewhere(base::FileSystem& files, const RestorePlan& plan) {
    for (const fs::path& file : plan.elsewhere) {
        if (auto placed = place_elsewhere(files, file); !placed) return placed;
    }
    return {};
}

// A name in STATE is of the former state as long as its successor waits, or where it has none.
Result<void> take_away(base::FileSystem& files, const fs::path& state, const RestorePlan& plan) {
    const fs::path folder = restore_folder(state);
    if (auto made = files.make_folder(folder / "old", own_folder_mode); !made) return made;
    for (const std::string& name : plan.leaving) {
        const bool has_successor = std::ranges::find(plan.coming, name) != plan.coming.end();
        const auto waits = is_there(files, folder / "new" / name);
        if (!waits) return base::fail(waits.error());
        if (has_successor && !*waits) continue;
        // In both places it is only after a power cut on a file system that renames in two steps.
        if (const auto here = is_there(files, state / name); here && *here) {
            if (auto removed = files.remove_tree(folder / "old" / name); !removed) return removed;
        }
        if (auto moved = move_once(files, state / name, folder / "old" / name); !moved) return moved;
    }
    return {};
}

Result<void> put_in_place(base::FileSystem& files, const fs::path& state, const RestorePlan& plan) {
    const fs::path folder = restore_folder(state);
    for (const std::string& name : plan.coming) {
        if (auto moved = move_once(files, folder / "new" / name, state / name); !moved) return moved;
    }
    if (auto synced = files.sync_folder(state); !synced) return synced;
    const auto unpacked = is_there(files, folder / "new");  // not if only the journal was left
    if (!unpacked) return base::fail(unpacked.error());
    if (*unpacked) {
        if (auto synced = files.sync_folder(folder / "new"); !synced) return synced;
    }
    return files.sync_folder(folder);
}

// The journal last: as long as it is there this is done again.
Result<void> clear_away(base::FileSystem& files, const fs::path& state) {
    const fs::path folder = restore_folder(state);
    for (const fs::path& tree : {folder / "old", folder / "new", given_up_folder(state)}) {
        if (const auto removed = files.remove_tree(tree); !removed) {
            return base::fail(removed.error().kind, removed.error().code,
                              "What it took the place of is still there: " + removed.error().message);
        }
    }
    if (auto synced = files.sync_folder(state); !synced) return synced;
    if (auto removed = files.remove(journal_in(state)); !removed) return removed;
    if (auto synced = files.sync_folder(folder); !synced) return synced;
    (void)files.remove(folder);  // an empty folder that stays does no harm
    return {};
}

// Whether a restore counts that lies in STATE/restore.
Result<bool> counts(const base::FileSystem& files, const fs::path& state) {
    // One that does belongs to whom STATE does; another was interrupted before, and may be closed to us.
    const auto folder = files.link_facts(restore_folder(state));
    if (!folder && folder.error().kind == ErrorKind::not_found) return false;
    if (!folder) return base::fail(folder.error());
    const auto facts = files.facts(state);
    if (!facts) return base::fail(facts.error());
    return folder->owner == facts->owner ? is_there(files, journal_in(state)) : Result<bool>(false);
}

Result<void> carry_out(base::FileSystem& files, const fs::path& state, const RestorePlan& plan) {
    auto step = move_elsewhere(files, plan);
    if (step) step = take_away(files, state, plan);
    if (step) step = put_in_place(files, state, plan);
    if (step) step = clear_away(files, state);
    if (step) return step;
    return base::fail(step.error().kind, "restore_unfinished",
                      "The restore of a backup was interrupted. " + step.error().message, std::string(restore_again));
}

}  // namespace

fs::path restore_folder(const fs::path& state_directory) {
    return state_directory / "restore";
}

fs::path given_up_folder(const fs::path& state_directory) {
    return state_directory / "restore.given-up";
}

fs::path waiting_beside(const fs::path& file) {
    return file.string() + ".gatehouse-new";
}

Result<void> note_restore(base::FileSystem& files, const fs::path& state_directory, const RestorePlan& plan) {
    return base::write_atomically(files, journal_in(state_directory), journal_of(plan).dump(2) + "\n", journal_mode);
}

Result<void> place_elsewhere(base::FileSystem& files, const fs::path& file) {
    const fs::path waiting = waiting_beside(file);
    if (const auto moved = move_once(files, waiting, file); !moved) {
        return base::fail(moved.error().kind, "restore_unfinished",
                          "The restore can't be finished: " + moved.error().message,
                          "As root, run: mv " + base::shell_quoted(waiting) + " " + base::shell_quoted(file) +
                              " and start it again.");
    }
    return files.sync_folder(file.parent_path());
}

Result<Finished> finish_restore(base::FileSystem& files, const fs::path& state_directory) {
    if (const auto back = take_back(files, state_directory); !back) return base::fail(back.error());
    const auto waits = counts(files, state_directory);
    if (!waits) return base::fail(waits.error());
    if (!*waits) return Finished::nothing;
    const fs::path path = journal_in(state_directory);
    const auto journal = files.read(path, largest_journal, base::Links::refuse);
    if (!journal) return base::fail(journal.error());
    const auto plan = read_journal(path, journal->bytes.reveal());
    if (!plan) return base::fail(plan.error());
    if (auto done = carry_out(files, state_directory, *plan); !done) return base::fail(done.error());
    return plan->elsewhere.empty() ? Finished::state : Finished::state_and_others;
}

Result<void> give_up(base::FileSystem& files, const fs::path& state_directory) {
    auto moved = files.rename(restore_folder(state_directory), given_up_folder(state_directory));
    if (!moved && is_there(files, given_up_folder(state_directory)).value_or(false)) {
        moved.error().advice = "Both may hold what is left of the former box: move one of them out of " +
                               state_directory.string() + ", and keep it until a backup is restored.";
    }
    return moved;
}

Result<bool> take_back(base::FileSystem& files, const fs::path& state_directory) {
    const auto there = is_there(files, given_up_folder(state_directory));
    if (!there) return base::fail(there.error());
    if (!*there) return false;
    const auto other = counts(files, state_directory);
    if (!other) return base::fail(other.error());
    if (*other) return false;
    auto step = files.remove_tree(restore_folder(state_directory));
    if (!step) step.error().advice = "As root, run: rm -r " + base::shell_quoted(restore_folder(state_directory));
    if (step) step = files.rename(given_up_folder(state_directory), restore_folder(state_directory));
    if (step) step = files.sync_folder(state_directory);
    return step ? Result<bool>(true) : base::fail(step.error());
}

}  // namespace gatehouse::config
