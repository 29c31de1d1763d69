#include "gatehousectl/backup/gathering.hpp"

#include "config/load.hpp"
#include "config/restored_state.hpp"
#include "gatehousectl/backup/names.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::ErrorKind;
using base::FileFacts;
using base::Result;
namespace fs = std::filesystem;

constexpr std::size_t largest_configuration = 1024UL * 1024;
constexpr std::chrono::milliseconds pause{20};

// A file to be read, and its state when it was noted.
struct Noted {
    std::string entry;
    fs::path path;
    base::Links links = base::Links::refuse;
    FileFacts facts;
    friend bool operator==(const Noted&, const Noted&) = default;
};

struct Notes {
    std::vector<Noted> files;
    std::vector<std::string> left_out;
    bool replacing = false;  // the daemon replaces a pair
    friend bool operator==(const Notes&, const Notes&) = default;
};

bool is_missing(const base::Error& error) {
    return error.kind == ErrorKind::not_found;
}

// What belongs to the box, by configuration: links are followed, as the daemon does. Missing is no error.
Result<void> note_configured(const base::FileSystem& files, Notes& notes, std::string entry, const fs::path& path) {
    const auto facts = files.facts(path);
    if (facts) {
        notes.files.push_back({std::move(entry), path, base::Links::follow, *facts});
    } else if (!is_missing(facts.error())) {
        return base::fail(facts.error());
    }
    return {};
}

// Notes what lies below STATE/`place`; `configured`: paths that are noted already.
class Walk {
public:
    Walk(const base::FileSystem& files, const fs::path& state, const std::set<fs::path>& configured, Notes& notes)
        : files_(files), state_(state), configured_(configured), notes_(notes) {}

    [[nodiscard]] Result<void> note(const fs::path& place) {
        const fs::path path = state_ / place;
        if (configured_.contains(path) || is_passing(place.filename().native())) return {};
        const auto facts = files_.link_facts(path);
        if (!facts) return is_missing(facts.error()) ? Result<void>() : base::fail(facts.error());
        if (facts->symlink) return leave_out(path, "a link");
        if (facts->regular) return note_file(place, *facts);
        auto names = files_.list(path);
        if (!names) return leave_out(path, "neither a file nor a folder that can be read");
        if (is_journal_of_pair(place)) {
            notes_.replacing = notes_.replacing || std::ranges::find(*names, "journal") != names->end();
            return {};
        }
        for (const std::string& name : *names) {
            if (auto noted = note(place / name); !noted) return noted;
        }
        return {};
    }

private:
    static bool is_journal_of_pair(const fs::path& place) {
        return std::distance(place.begin(), place.end()) == 2 && place.filename() == "pending" &&
               place.parent_path() != "vault" && place.parent_path() != "authorities";
    }
    Result<void> note_file(const fs::path& place, const FileFacts& facts) {
        if (facts.identity.size > largest_kept_file)
            return leave_out(state_ / place, "too large for what belongs here");
        notes_.files.push_back({state_entry(place), state_ / place, base::Links::refuse, facts});
        return {};
    }
    Result<void> leave_out(const fs::path& path, const std::string& why) {
        notes_.left_out.push_back(path.string() + " (" + why + ")");
        return {};
    }

    const base::FileSystem& files_;
    const fs::path& state_;
    const std::set<fs::path>& configured_;
    Notes& notes_;
};

bool is_known(const config::Settings& settings, const fs::path& path) {
    const std::string name = path.filename().string();
    const std::set<std::string_view> known{database_name, samples_name, work_name, "lock", "restore", "lost+found"};
    return known.contains(name) || std::ranges::find(kept_names, name) != kept_names.end() ||
           std::ranges::find(beside_database, name) != beside_database.end() || path == settings.one_time_file;
}

Result<Notes> note_all(const base::FileSystem& files, const fs::path& configuration, const config::Settings& settings) {
    Notes notes;
    std::set<fs::path> configured;
    auto noted = note_configured(files, notes, std::string(configuration_entry), configuration);
    for (const config::Interface interface : config::interfaces) {
        const config::InterfaceSettings& door = settings.interfaces[interface];
        configured.insert({door.certificate, door.key});
        if (noted) noted = note_configured(files, notes, certificate_entry(interface), door.certificate);
        if (noted) noted = note_configured(files, notes, key_entry(interface), door.key);
    }
    Walk walk(files, settings.state_directory, configured, notes);
    for (const std::string_view name : kept_names) {
        if (noted) noted = walk.note(name);
    }
    if (!noted) return base::fail(noted.error());
    const auto names = files.list(settings.state_directory);
    if (!names) return base::fail(names.error());
    for (const std::string& name : *names) {
        const fs::path path = settings.state_directory / name;
        if (!is_known(settings, path) && !configured.contains(path)) {
            notes.left_out.push_back(path.string() + " (not Gatehouse's)");
        }
    }
    return notes;
}

Result<config::Settings> settings_of(std::string_view text, const fs::path& configuration) {
    auto reading = config::read_text(text, configuration);
    if (reading.settings && reading.errors.empty()) return std::move(*reading.settings);
    std::string all;
    for (const base::Error& error : reading.errors)
        all += (all.empty() ? "" : "\n") + error.text();
    return base::fail(ErrorKind::input, "configuration_invalid", all,
                      "Mend it first: it says what belongs to this box.");
}

// nullopt: something changed meanwhile.
Result<std::optional<Gathered>> attempt(const base::FileSystem& files, const fs::path& configuration) {
    const auto text = files.read(configuration, largest_configuration);
    if (!text) return base::fail(text.error());
    auto settings = settings_of(text->bytes.reveal(), configuration);
    if (!settings) return base::fail(settings.error());
    if (files.link_facts(config::restore_folder(settings->state_directory) / "journal")) {
        return base::fail(ErrorKind::conflict, "restore_unfinished",
                          "The restore of a backup into " + settings->state_directory.string() + " was interrupted.",
                          "Start gatehoused, which finishes it.");
    }
    const auto before = note_all(files, configuration, *settings);
    if (!before) return base::fail(before.error());
    if (before->replacing) return std::nullopt;
    Gathered gathered{std::move(*settings), {}, before->left_out};
    for (const Noted& noted : before->files) {
        auto contents = files.read(noted.path, largest_kept_file, noted.links);
        if (!contents && is_missing(contents.error())) return std::nullopt;
        if (!contents) return base::fail(contents.error());
        gathered.files.push_back({noted.entry, noted.facts.mode, std::move(contents->bytes)});
    }
    const auto after = note_all(files, configuration, gathered.settings);
    if (!after) return base::fail(after.error());
    // The settings were read from the very bytes that are kept.
    const bool same_settings = !gathered.files.empty() && gathered.files.front().bytes.reveal() == text->bytes.reveal();
    if (*before != *after || !same_settings) return std::nullopt;
    return gathered;
}

}  // namespace

Result<Gathered> gather(const base::FileSystem& files, const fs::path& configuration,
                        std::chrono::milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    for (;;) {
        auto gathered = attempt(files, configuration);
        if (!gathered) return base::fail(gathered.error());
        if (*gathered) return std::move(**gathered);
        if (std::chrono::steady_clock::now() >= until) break;
        std::this_thread::sleep_for(pause);
    }
    return base::fail(ErrorKind::unavailable, "files_changing",
                      "The certificates, keys or other files of this box were being changed all the time.",
                      "Try again. Where a replacement of a certificate was interrupted (STATE/DOOR/pending/journal is "
                      "there and no daemon runs), start gatehoused, which finishes it.");
}

}  // namespace gatehouse::gatehousectl::backup
