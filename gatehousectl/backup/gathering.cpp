#include "gatehousectl/backup/gathering.hpp"

#include "base/advice.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "config/restored_state.hpp"
#include "gatehousectl/backup/names.hpp"

#include <algorithm>
#include <iterator>
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
constexpr std::size_t mebibyte = 1024UL * 1024;

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

tl::unexpected<base::Error> too_much(const fs::path& folder, const std::string& what) {
    return base::fail(ErrorKind::input, "state_too_large",
                      folder.string() + " holds " + what + ", which is more than a backup takes.",
                      "Beside the database and the samples there are certificates and keys: look what else is in " +
                          base::joined({kept_names.begin(), kept_names.end()}, ", ") + ", and remove it.");
}

// As FileSystem::list, but not of more names than are looked at.
Result<std::vector<std::string>> names_in(const base::FileSystem& files, const fs::path& folder) {
    std::error_code error;  // which `list` tells in words
    std::size_t count = 0;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
        if (++count > most_kept_names)
            return too_much(folder, "more than " + std::to_string(most_kept_names) + " names");
    }
    return files.list(folder);
}

// Notes what lies below STATE/`place`; `configured`: paths that are noted already.
class Walk {
public:
    Walk(const base::FileSystem& files, const fs::path& state, const std::set<fs::path>& configured, Notes& notes)
        : files_(files), state_(state), configured_(configured), notes_(notes) {}

    [[nodiscard]] Result<void> note(const fs::path& place) {
        const fs::path path = state_ / place;
        if (++names_ > most_kept_names)
            return too_much(state_, "more than " + std::to_string(most_kept_names) + " files");
        if (configured_.contains(path) || is_passing(place.filename().native())) return {};
        const auto facts = files_.link_facts(path);
        if (!facts) return is_missing(facts.error()) ? Result<void>() : base::fail(facts.error());
        if (facts->symlink) return leave_out(path, "a link");
        if (facts->regular) return note_file(place, *facts);
        auto names = names_in(files_, path);
        if (!names && names.error().code == "state_too_large") return base::fail(names.error());
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
        if (!place_of(state_entry(place))) return leave_out(state_ / place, "deeper than what belongs here");
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
    std::size_t names_ = 0;  // that were looked at
};

bool is_known(const config::Settings& settings, const fs::path& path) {
    return is_own(path.filename().native()) || path == settings.one_time_file;
}

Result<Notes> note_all(const base::FileSystem& files, const config::Settings& settings) {
    Notes notes;
    std::set<fs::path> configured;
    Result<void> noted;
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
    const auto names = names_in(files, settings.state_directory);
    if (!names) return base::fail(names.error());
    for (const std::string& name : *names) {
        const fs::path path = settings.state_directory / name;
        if (!is_known(settings, path) && !configured.contains(path)) {
            notes.left_out.push_back(path.string() + " (not Gatehouse's)");
        }
    }
    return notes;
}

Result<base::FileContents> configuration_at(const base::FileSystem& files, const fs::path& path) {
    auto text = files.read(path, largest_configuration);
    if (!text) return base::fail(config::not_readable(files, path, text.error()));
    return text;
}

Result<Box> box_in(std::string_view text, const fs::path& configuration) {
    auto reading = config::read_text(text, configuration);
    if (!reading.settings || !reading.errors.empty()) {
        return base::fail(ErrorKind::input, "configuration_invalid", base::joined(reading.errors),
                          "Mend it first: it says what belongs to this box.");
    }
    auto owner = owner_of(reading.settings->state_directory);
    if (!owner) return base::fail(owner.error());
    return Box{std::move(*reading.settings), std::move(*owner)};
}

// Refuses what is half of one box and half of another. With the rights of its owner.
Result<void> is_whole(const base::FileSystem& files, const fs::path& state) {
    for (const fs::path& trace : {config::restore_folder(state) / "journal", config::given_up_folder(state)}) {
        if (!files.link_facts(trace)) continue;
        const fs::path folder = trace.filename() == "journal" ? trace.parent_path() : trace;
        return base::fail(
            ErrorKind::conflict, "restore_unfinished",
            trace.string() + " is there: the restore of a backup was interrupted, or somebody wrote it.",
            "Start gatehoused anew, which finishes it. Where that fails, restore the backup again; only where none "
            "was being restored, run: rm -r " +
                base::shell_quoted(folder));
    }
    return {};
}

// All but the configuration. nullopt: something changed meanwhile.
Result<std::optional<std::vector<KeptFile>>> read_twice_noted(const base::FileSystem& files, Gathered& gathered) {
    const auto rights = AsOwner::begin(gathered.owner);
    if (!rights) return base::fail(rights.error());
    const fs::path& state = gathered.settings.state_directory;
    if (auto whole = is_whole(files, state); !whole) return base::fail(whole.error());
    auto before = note_all(files, gathered.settings);
    if (!before) return base::fail(before.error());
    if (before->replacing) return std::nullopt;
    std::vector<KeptFile> kept;
    std::size_t sum = 0;
    for (const Noted& noted : before->files) {
        auto contents = files.read(noted.path, largest_kept_file, noted.links);
        if (!contents && is_missing(contents.error())) return std::nullopt;
        if (!contents) return base::fail(contents.error());
        sum += contents->bytes.size();
        if (sum > largest_kept_sum) {
            return too_much(state, "more than " + std::to_string(largest_kept_sum / mebibyte) + " MiB of small files");
        }
        kept.push_back({noted.entry, noted.facts.mode, std::move(contents->bytes)});
    }
    const auto after = note_all(files, gathered.settings);
    if (!after) return base::fail(after.error());
    if (*before != *after) return std::nullopt;
    gathered.left_out = std::move(before->left_out);
    return kept;
}

Result<std::optional<Gathered>> attempt(const base::FileSystem& files, const fs::path& configuration) {
    auto text = configuration_at(files, configuration);
    if (!text) return base::fail(text.error());
    auto box = box_in(text->bytes.reveal(), configuration);
    if (!box) return base::fail(box.error());
    Gathered gathered{std::move(box->settings), std::move(box->owner), {}, {}};
    auto kept = read_twice_noted(files, gathered);
    if (!kept) return base::fail(kept.error());
    const auto again = files.read(configuration, largest_configuration);
    if (!again) return base::fail(again.error());
    if (!*kept || again->facts != text->facts || again->bytes.reveal() != text->bytes.reveal()) return std::nullopt;
    gathered.files.push_back({std::string(configuration_entry), text->facts.mode, std::move(text->bytes)});
    std::ranges::move(**kept, std::back_inserter(gathered.files));
    return gathered;
}

}  // namespace

Result<Box> box_of(const base::FileSystem& files, const fs::path& configuration) {
    const auto text = configuration_at(files, configuration);
    if (!text) return base::fail(text.error());
    auto box = box_in(text->bytes.reveal(), configuration);
    if (!box) return box;
    const auto rights = AsOwner::begin(box->owner);
    if (!rights) return base::fail(rights.error());
    auto whole = is_whole(files, box->settings.state_directory);
    return whole ? std::move(box) : base::fail(whole.error());
}

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
