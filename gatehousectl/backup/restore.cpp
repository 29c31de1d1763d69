#include "gatehousectl/backup/restore.hpp"

#include "base/advice.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "config/vault.hpp"
#include "gatehousectl/backup/archive.hpp"
#include "gatehousectl/backup/elsewhere.hpp"
#include "gatehousectl/backup/interruption.hpp"
#include "gatehousectl/backup/names.hpp"
#include "gatehousectl/backup/staging.hpp"
#include "gatehousectl/backup/state_folder.hpp"
#include "records/migrations.hpp"
#include "records/snapshot.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

// What one restore works with.
struct Restoring {
    const RestoreWish& wish;
    const Interruption& interruption;
    const Progress& progress;
    ArchiveReader& archive;
    const config::Settings& settings;
    const Owner& owner;
    Restored& restored;
};

// The backup's configuration, and whether it takes the place of what is there.
struct KeptConfiguration {
    const base::Secret& text;
    mode_t mode = 0;
    bool taken = false;
};

tl::unexpected<base::Error> not_as_made(const RestoreWish& wish, const std::string& what) {
    return base::fail(ErrorKind::input, "backup_damaged", wish.file.string() + " " + what + ".",
                      "Restore it with the version that made it.");
}

tl::unexpected<base::Error> not_read(const RestoreWish& wish) {
    return base::fail(ErrorKind::io, "file_io", wish.file.string() + " can't be read: " + base::words_of(errno) + ".",
                      "Name a backup that is there, and that you may read.");
}

Result<base::Secret> expected(const RestoreWish& wish, ArchiveReader& archive, std::string_view name, mode_t& mode) {
    const auto entry = archive.next();
    if (!entry) return base::fail(entry.error());
    if (!*entry || (*entry)->name != name) return not_as_made(wish, "does not begin as backups do");
    mode = (*entry)->mode;
    return archive.read_all(largest_kept_file);
}

Result<Manifest> read_first(const RestoreWish& wish, ArchiveReader& archive) {
    mode_t mode = 0;
    const auto text = expected(wish, archive, manifest_entry, mode);
    if (!text) return base::fail(text.error());
    auto manifest = read_manifest(text->reveal(), wish.file.string());
    if (manifest && manifest->schema > records::migrations().back().number) {
        return base::fail(ErrorKind::unavailable, "backup_newer",
                          wish.file.string() + " was made by Gatehouse " + manifest->version +
                              ", whose database this version does not know.",
                          "Install that version, or a newer one.");
    }
    return manifest;
}

// The configuration that counts afterwards: the backup's where it is asked for or there is none.
Result<config::Settings> settings_to_be(const RestoreWish& wish, std::string_view from_backup, bool take_it) {
    auto reading = take_it ? config::read_text(from_backup, wish.configuration)
                           : config::read_file(base::SystemFiles(), wish.configuration);
    if (reading.settings && reading.errors.empty()) return std::move(*reading.settings);
    return base::fail(ErrorKind::input, "configuration_invalid",
                      (take_it ? "The configuration in the backup is not one for this version of Gatehouse:\n"
                               : "The configuration says what to restore into, and can't be understood:\n") +
                          base::joined(reading.errors),
                      take_it ? "Write one to " + wish.configuration.string() + ", and restore without --configuration."
                              : "Mend it, or take the one in the backup: --configuration");
}

// The files that are put outside of STATE are told before anything is done.
void tell_outside(const RestoreWish& wish, const config::Settings& settings, bool configuration,
                  const Progress& progress) {
    std::vector<std::string> files;
    if (configuration) files.push_back(wish.configuration.string());
    for (const config::Interface interface : config::interfaces) {
        for (const fs::path& file : {settings.interfaces[interface].certificate, settings.interfaces[interface].key}) {
            const bool is_put = wish.replace_configuration || !base::SystemFiles().link_facts(file);
            if (is_put && !below(settings.state_directory, file)) files.push_back(file.string());
        }
    }
    if (!files.empty()) {
        progress("Outside of " + settings.state_directory.string() +
                 " this puts, as far as the backup has them: " + base::joined(files, ", "));
    }
}

// ---- entries

Result<void> unpack_file(const Restoring& at, Staging& staging, const Entry& entry, const fs::path& place) {
    const auto file = staging.make(place, entry.mode);
    if (!file) return base::fail(file.error());
    std::string buffer(chunk_size * 4, '\0');
    for (;;) {
        if (auto uninterrupted = at.interruption.none_came(); !uninterrupted) return uninterrupted;
        const auto got = at.archive.read(buffer.data(), buffer.size());
        if (!got) return base::fail(got.error());
        if (*got == 0) return {};
        auto written = staging.append(*file, place, std::string_view(buffer).substr(0, *got));
        if (!written) return written;
    }
}

// Whether the file holds these bytes already.
bool is_at(const fs::path& path, std::string_view bytes) {
    const auto present = base::SystemFiles().read(path, largest_kept_file);
    return present && present->bytes.equals(bytes);
}

// Where the configuration that counts says that this file of a pair lies; nullopt: the entry is none of a pair.
std::optional<fs::path> place_of_pair(const config::Settings& settings, std::string_view entry) {
    for (const config::Interface interface : config::interfaces) {
        if (entry == certificate_entry(interface)) return settings.interfaces[interface].certificate;
        if (entry == key_entry(interface)) return settings.interfaces[interface].key;
    }
    return std::nullopt;
}

bool is_kept(const fs::path& place) {
    return std::ranges::find(kept_names, place.begin()->native()) != kept_names.end();
}

Result<void> unpack_pair(const Restoring& at, Staging& staging, const Entry& entry, const fs::path& path,
                         std::vector<fs::path>& placed) {
    const auto bytes = at.archive.read_all(largest_kept_file);
    if (!bytes) return base::fail(bytes.error());
    // One file may be configured for both doors, or hold key and certificate.
    if (std::ranges::find(placed, path) != placed.end()) return {};
    placed.push_back(path);
    const auto place = below(at.settings.state_directory, path);
    if (place && is_kept(*place)) return staging.put(*place, entry.mode, bytes->reveal());
    {
        const auto rights = AsOwner::begin_for(path, at.owner);
        if (!rights) return base::fail(rights.error());
        if (is_at(path, bytes->reveal())) return {};
        if (base::SystemFiles().link_facts(path) && !at.wish.replace_configuration) {
            at.restored.notes.push_back(path.string() + " was left as it is; --configuration replaces it too.");
            return {};
        }
    }
    return staging.put_elsewhere(path, entry.mode, bytes->reveal());
}

Result<void> unpack_entry(const Restoring& at, Staging& staging, const Entry& entry, std::vector<fs::path>& placed) {
    if (const auto path = place_of_pair(at.settings, entry.name)) return unpack_pair(at, staging, entry, *path, placed);
    const auto place = place_of(entry.name);
    if (!place || (is_sample_entry(entry.name) && !at.restored.samples))
        return not_as_made(at.wish, "holds a file with a name that no backup has");
    // What a pair took the place of: the configuration that counts is another than the backup's.
    if (std::ranges::find(placed, at.settings.state_directory / *place) != placed.end()) return {};
    if (is_sample_entry(entry.name)) ++*at.restored.samples;
    return unpack_file(at, staging, entry, *place);
}

// Whether the last entry, and nothing behind it, says what came before it.
Result<void> check_end(const Restoring& at) {
    const auto text = at.archive.read_all(largest_kept_file);
    if (!text) return base::fail(text.error());
    const auto totals = read_totals(text->reveal(), at.wish.file.string());
    if (!totals) return base::fail(totals.error());
    const auto beyond = at.archive.next();
    if (!beyond) return base::fail(beyond.error());
    if (!*beyond && *totals == Totals{at.archive.count() - 1, at.restored.samples.value_or(0)}) return {};
    return not_as_made(at.wish, "does not hold what it says at its end");
}

Result<void> unpack_all(const Restoring& at, Staging& staging) {
    std::vector<fs::path> placed;
    for (;;) {
        const auto entry = at.archive.next();
        if (!entry) return base::fail(entry.error());
        if (!*entry) return not_as_made(at.wish, "has no end");
        if ((*entry)->name == end_entry) return check_end(at);
        if (auto unpacked = unpack_entry(at, staging, **entry, placed); !unpacked) return unpacked;
    }
}

// ---- judging what was unpacked

Result<void> check_unpacked(const Restoring& at, const fs::path& contents) {
    const auto rights = AsOwner::begin(at.owner);
    if (!rights) return base::fail(rights.error());
    base::SystemFiles files;
    if (!files.link_facts(contents / database_name)) return not_as_made(at.wish, "holds no database");
    const auto examined = records::examine_database(contents / database_name, at.interruption.any_came());
    if (!examined) return at.interruption.told(examined.error());
    // Closing it removes them, unless something went wrong; they are no part of what is restored.
    for (const std::string_view beside : beside_database) {
        if (files.link_facts(contents / beside)) return not_as_made(at.wish, "holds a database that can't be closed");
    }
    if (!files.link_facts(contents / "vault" / "vault.json")) return {};
    return config::Vault::opened_by(files, contents, contents / "vault" / "key");
}

// The name in STATE of a one-time file that is nothing else of a backup's.
std::optional<std::string> name_of_one_time_file(const config::Settings& settings) {
    const auto place = below(settings.state_directory, settings.one_time_file);
    if (!place || *place != place->filename() || is_own(place->native())) return std::nullopt;
    return place->string();
}

// The names that go from STATE: all that a backup is made of. Samples stay where the backup has none: the database that
// is restored knows them. A one-time file would give whoever wrote it an account of the restored box.
std::vector<std::string> leaving(const Restoring& at) {
    std::vector<std::string> names(kept_names.begin(), kept_names.end());
    names.emplace_back(database_name);
    names.insert(names.end(), beside_database.begin(), beside_database.end());
    if (at.restored.samples) names.emplace_back(samples_name);
    if (const auto name = name_of_one_time_file(at.settings)) names.push_back(*name);
    return names;
}

void note_one_time_file(const Restoring& at) {
    const fs::path& file = at.settings.one_time_file;
    const auto rights = AsOwner::begin(at.owner);
    if (!rights || !base::SystemFiles().link_facts(file)) return;
    const auto place = below(at.settings.state_directory, file);
    if (name_of_one_time_file(at.settings)) {
        at.restored.notes.push_back("The one-time file " + file.string() +
                                    " was removed. Where it was yours, lay it down again.");
    } else if (!place || !is_kept(*place)) {
        at.restored.notes.push_back("The one-time file " + file.string() +
                                    " is there: the next start does what it says. Look whether it is yours.");
    }
}

// What stays in STATE, and nobody knows why.
void note_strange(const Restoring& at, const std::vector<std::string>& gone) {
    constexpr std::size_t most_named = 20;
    const auto rights = AsOwner::begin(at.owner);
    const auto names = rights ? base::SystemFiles().list(at.settings.state_directory) : base::fail(rights.error());
    if (!names) return;  // they are for a look only
    std::size_t count = 0;
    for (const std::string& name : *names) {
        if (is_own(name) || std::ranges::find(gone, name) != gone.end()) continue;
        if (++count > most_named) continue;
        at.restored.notes.push_back((at.settings.state_directory / name).string() +
                                    " stays as it is: it is none of Gatehouse's.");
    }
    if (count > most_named) {
        at.restored.notes.push_back("So do " + std::to_string(count - most_named) + " more names in " +
                                    at.settings.state_directory.string() + ".");
    }
}

// Whose file the configuration is: whose it was, or who restores it.
Result<void> put_configuration(const Restoring& at, Staging& staging, const KeptConfiguration& configuration) {
    const auto there = base::SystemFiles().facts(at.wish.configuration);
    const Owner owner = there ? Owner{there->owner, there->group} : Owner{::geteuid(), ::getegid()};
    // Who may write it says what root does.
    constexpr mode_t writing_of_others = 0022;
    const mode_t mode = configuration.mode & ~writing_of_others;
    return staging.put_configuration(at.wish.configuration, mode, owner, configuration.text.reveal());
}

// Unpacks what is left of the archive, checks it, and makes it count.
Result<void> replace(const Restoring& at, const KeptConfiguration& configuration) {
    auto staging = Staging::open(at.settings.state_directory, at.owner);
    if (!staging) return base::fail(staging.error());
    at.progress("Unpacking the backup ...");
    auto step = unpack_all(at, *staging);
    if (step) at.progress("Checking what was unpacked ...");
    if (step) step = check_unpacked(at, staging->contents());
    if (step && configuration.taken) step = put_configuration(at, *staging, configuration);
    if (step) step = at.interruption.none_came();
    if (!step) return step;
    std::vector<std::string> gone = leaving(at);
    // Once the restore counts it would be too late to find out.
    for (const std::string& name : gone) {
        if (auto removable = may_remove(at.settings.state_directory / name, at.owner); !removable) return removable;
    }
    note_one_time_file(at);
    note_strange(at, gone);
    return staging->commit(std::move(gone));
}

// A restore that was interrupted before, and given up for this one, waits to be finished as it did.
tl::unexpected<base::Error> failed(const StateFolder& held, const fs::path& state, base::Error error) {
    if (held.given_up().empty()) return base::fail(std::move(error));
    const auto back = held.take_back();
    if (back && !*back) return base::fail(std::move(error));  // this one counts
    const fs::path folder = back ? config::restore_folder(state) : config::given_up_folder(state);
    error.advice += (error.advice.empty() ? "" : " ") + folder.string() +
                    " holds what the restore that was interrupted before moved away; it is as it was.";
    return base::fail(std::move(error));
}

}  // namespace

// Not opened: a pipe would be at its end then.
Result<void> may_restore(const RestoreWish& wish) {
    if (::access(wish.file.c_str(), R_OK) == 0) return {};
    return not_read(wish);
}

Result<Restored> restore(const RestoreWish& wish, const base::Secret& passphrase, const Progress& progress) {
    const base::Descriptor file(::open(wish.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) return not_read(wish);
    const Interruption interruption;
    auto stream = SealedReader::open(file.get(), wish.file.string(), passphrase,
                                     [&interruption](int source) { return interruption.none_before_input(source); });
    if (!stream) return base::fail(stream.error());
    ArchiveReader archive(*stream, wish.file.string());
    auto manifest = read_first(wish, archive);
    if (!manifest) return base::fail(manifest.error());
    mode_t mode = 0;
    const auto text = expected(wish, archive, configuration_entry, mode);
    if (!text) return base::fail(text.error());
    const KeptConfiguration configuration{
        *text, mode, wish.replace_configuration || !base::SystemFiles().link_facts(wish.configuration)};
    const auto settings = settings_to_be(wish, text->reveal(), configuration.taken);
    if (!settings) return base::fail(settings.error());

    if (configuration.taken && !wish.elsewhere) {
        const auto same = leads_where(settings_here(wish.configuration), *settings, wish.file.string());
        if (!same) return base::fail(same.error());
    }
    if (auto outside = lies_outside(settings->state_directory, wish.file); !outside) return base::fail(outside.error());
    tell_outside(wish, *settings, configuration.taken, progress);
    auto folder = StateFolder::take(settings->state_directory, wish.force);
    if (!folder) return base::fail(folder.error());
    Restored restored{std::move(*manifest), settings->state_directory, std::nullopt, Configuration::same, {}};
    if (restored.manifest.samples) restored.samples = 0;
    if (configuration.taken) {
        restored.configuration = Configuration::restored;
    } else if (!is_at(wish.configuration, text->reveal())) {
        restored.configuration = Configuration::differs;
    }
    if (!folder->given_up().empty()) {
        restored.notes.push_back("A restore that had been interrupted was given up: " + folder->given_up());
    }
    const auto done =
        replace({wish, interruption, progress, archive, *settings, folder->owner(), restored}, configuration);
    if (!done) return failed(*folder, settings->state_directory, done.error());
    folder->keep();
    return restored;
}

}  // namespace gatehouse::gatehousectl::backup
