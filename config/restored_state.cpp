#include "config/restored_state.hpp"

#include "base/advice.hpp"
#include "config/json_text.hpp"

#include <algorithm>
#include <optional>
#include <system_error>

namespace gatehouse::config {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::size_t largest_journal = 1024UL * 1024;
constexpr mode_t journal_mode = 0644;  // root may write what the daemon has to read; the folder is closed to others
constexpr mode_t own_folder_mode = 0700;
// No command that moves what a journal names: whoever follows it may be root, and whoever wrote it somebody else.
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
                      std::string(restore_again) + " Or give that restore up, run: rm " + base::shell_quoted(journal));
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
    auto moved = files.rename(from, to);
    if (moved) return moved;
    return base::fail(
        ErrorKind::unavailable, "restore_unfinished",
        "The restore of a backup was interrupted and can't be finished: " + moved.error().message,
        "As root, run: mv " + base::shell_quoted(from) + " " + base::shell_quoted(to) + " and start it again.");
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
    if (auto made = files.make_folder(folder / "old", own_folder_mode); !made) return made;  // root has made it already
    for (const std::string& name : plan.leaving) {
        const bool has_successor = std::ranges::find(plan.coming, name) != plan.coming.end();
        const auto waits = is_there(files, folder / "new" / name);
        if (!waits) return base::fail(waits.error());
        if (has_successor && !*waits) continue;
        // In both places it is only after a power cut on a file system that renames in two steps.
        if (const auto here = is_there(files, state / name); here && *here) {
            std::error_code error;
            fs::remove_all(folder / "old" / name, error);
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
    for (const char* tree : {"old", "new"}) {
        std::error_code error;
        fs::remove_all(folder / tree, error);
        if (error) {
            return base::fail(ErrorKind::io, "restore_unfinished",
                              "What a restored backup took the place of can't be removed: " + (folder / tree).string() +
                                  ": " + error.message() + ".",
                              "As root, run: rm -r " + base::shell_quoted(folder / tree));
        }
    }
    if (auto removed = files.remove(journal_in(state)); !removed) return removed;
    if (auto synced = files.sync_folder(folder); !synced) return synced;
    std::error_code error;  // an empty folder that stays does no harm
    fs::remove(folder, error);
    return {};
}

}  // namespace

fs::path restore_folder(const fs::path& state_directory) {
    return state_directory / "restore";
}

fs::path waiting_beside(const fs::path& file) {
    return file.string() + ".gatehouse-new";
}

Result<void> note_restore(base::FileSystem& files, const fs::path& state_directory, const RestorePlan& plan) {
    return base::write_atomically(files, journal_in(state_directory), journal_of(plan).dump(2) + "\n", journal_mode);
}

Result<void> place_elsewhere(base::FileSystem& files, const fs::path& file) {
    if (auto moved = move_once(files, waiting_beside(file), file); !moved) return moved;
    return files.sync_folder(file.parent_path());
}

Result<Finished> finish_restore(base::FileSystem& files, const fs::path& state_directory) {
    // One that counts belongs to whom STATE does; another was interrupted before, and may be closed to us.
    const auto folder = files.link_facts(restore_folder(state_directory));
    if (!folder && folder.error().kind == ErrorKind::not_found) return Finished::nothing;
    if (!folder) return base::fail(folder.error());
    const auto state = files.facts(state_directory);
    if (!state) return base::fail(state.error());
    if (folder->owner != state->owner) return Finished::nothing;
    const auto journal = files.read(journal_in(state_directory), largest_journal, base::Links::refuse);
    if (!journal && journal.error().kind == ErrorKind::not_found) return Finished::nothing;
    if (!journal) return base::fail(journal.error());
    const auto plan = read_journal(journal_in(state_directory), journal->bytes.reveal());
    if (!plan) return base::fail(plan.error());
    auto step = move_elsewhere(files, *plan);
    if (step) step = take_away(files, state_directory, *plan);
    if (step) step = put_in_place(files, state_directory, *plan);
    if (step) step = clear_away(files, state_directory);
    if (!step && step.error().code == "restore_unfinished") {
        return base::fail(step.error().kind, step.error().code, step.error().message, std::string(restore_again));
    }
    if (!step) return base::fail(step.error());
    return plan->elsewhere.empty() ? Finished::state : Finished::state_and_others;
}

}  // namespace gatehouse::config
