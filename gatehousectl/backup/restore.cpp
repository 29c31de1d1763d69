#include "gatehousectl/backup/restore.hpp"

#include "base/advice.hpp"
#include "base/text.hpp"
#include "config/load.hpp"
#include "config/vault.hpp"
#include "gatehousectl/backup/archive.hpp"
#include "gatehousectl/backup/interruption.hpp"
#include "gatehousectl/backup/names.hpp"
#include "gatehousectl/backup/place.hpp"
#include "gatehousectl/backup/staging.hpp"
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
    ArchiveReader& archive;
    Staging& staging;
    const config::Settings& settings;
    const Owner& owner;
    Restored& restored;
};

// The backup's, and whether it takes the place of what is there.
struct KeptConfiguration {
    const base::Secret& text;
    mode_t mode = 0;
    bool taken = false;
};

tl::unexpected<base::Error> strange(const RestoreWish& wish, const std::string& what) {
    return base::fail(ErrorKind::input, "backup_damaged", wish.file.string() + " " + what + ".",
                      "Restore it with the version that made it.");
}

tl::unexpected<base::Error> not_read(const RestoreWish& wish) {
    return base::fail(ErrorKind::io, "file_io", wish.file.string() + " can't be read: " + base::words_of(errno) + ".");
}

Result<base::Secret> expected(const RestoreWish& wish, ArchiveReader& archive, std::string_view name, mode_t& mode) {
    const auto entry = archive.next();
    if (!entry) return base::fail(entry.error());
    if (!*entry || (*entry)->name != name) return strange(wish, "does not begin as backups do");
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
    std::vector<std::string> all;
    for (const base::Error& error : reading.errors)
        all.push_back(error.text());
    return base::fail(ErrorKind::input, "configuration_invalid",
                      (take_it ? "The configuration in the backup is not one for this version of Gatehouse:\n"
                               : "The configuration says what to restore into, and can't be understood:\n") +
                          base::joined(all, "\n"),
                      take_it ? "Write one to " + wish.configuration.string() + ", and restore without --configuration."
                              : "Mend it, or take the one in the backup: --configuration");
}

// ---- entries

Result<void> unpack_file(const Restoring& at, const Entry& entry, const fs::path& place) {
    const auto file = at.staging.make(place, entry.mode);
    if (!file) return base::fail(file.error());
    std::string buffer(chunk_size * 4, '\0');
    for (;;) {
        if (auto uninterrupted = at.interruption.none_came(); !uninterrupted) return uninterrupted;
        const auto got = at.archive.read(buffer.data(), buffer.size());
        if (!got) return base::fail(got.error());
        if (*got == 0) return {};
        auto written = write_whole(*file, at.staging.contents() / place, std::string_view(buffer).substr(0, *got));
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

Result<void> unpack_pair(const Restoring& at, const Entry& entry, const fs::path& path, std::vector<fs::path>& placed) {
    const auto bytes = at.archive.read_all(largest_kept_file);
    if (!bytes) return base::fail(bytes.error());
    // One file may be configured for both doors, or hold key and certificate.
    if (std::ranges::find(placed, path) != placed.end()) return {};
    placed.push_back(path);
    const auto place = below(at.settings.state_directory, path);
    if (place && is_kept(*place)) return at.staging.put(*place, entry.mode, bytes->reveal());
    {
        const auto rights = AsOwner::begin_for(path, at.owner);
        if (!rights) return base::fail(rights.error());
        if (is_at(path, bytes->reveal())) return {};
        if (base::SystemFiles().link_facts(path) && !at.wish.replace_configuration) {
            at.restored.notes.push_back(path.string() + " was left as it is; --configuration replaces it too.");
            return {};
        }
    }
    return at.staging.put_elsewhere(path, entry.mode, bytes->reveal());
}

// False: it was the last one.
Result<bool> unpack_next(const Restoring& at, std::vector<fs::path>& placed, std::uint64_t& samples) {
    const auto entry = at.archive.next();
    if (!entry) return base::fail(entry.error());
    if (!*entry) return strange(at.wish, "has no end");
    const std::string& name = (*entry)->name;
    if (name == end_entry) {
        const auto text = at.archive.read_all(largest_kept_file);
        if (!text) return base::fail(text.error());
        const auto totals = read_totals(text->reveal(), at.wish.file.string());
        if (!totals) return base::fail(totals.error());
        const auto beyond = at.archive.next();
        if (!beyond) return base::fail(beyond.error());
        if (*beyond || *totals != Totals{at.archive.count() - 1, samples}) {
            return strange(at.wish, "does not hold what it says at its end");
        }
        return false;
    }
    if (const auto path = place_of_pair(at.settings, name)) {
        const auto unpacked = unpack_pair(at, **entry, *path, placed);
        return unpacked ? Result<bool>(true) : base::fail(unpacked.error());
    }
    const auto place = place_of(name);
    const bool is_sample = name.starts_with("samples/");
    if (!place || (is_sample && !at.restored.manifest.samples))
        return strange(at.wish, "holds a file with a name that no backup has");
    // What a pair took the place of: the configuration that counts is another than the backup's.
    if (std::ranges::find(placed, at.settings.state_directory / *place) != placed.end()) return true;
    if (is_sample) ++samples;
    const auto unpacked = unpack_file(at, **entry, *place);
    return unpacked ? Result<bool>(true) : base::fail(unpacked.error());
}

Result<void> unpack_all(const Restoring& at) {
    std::vector<fs::path> placed;
    std::uint64_t samples = 0;
    for (;;) {
        const auto more = unpack_next(at, placed, samples);
        if (!more) return base::fail(more.error());
        if (!*more) break;
    }
    if (at.restored.manifest.samples) at.restored.samples = samples;
    return {};
}

// ---- judging what was unpacked

Result<void> check_unpacked(const Restoring& at) {
    const auto rights = AsOwner::begin(at.owner);
    if (!rights) return base::fail(rights.error());
    base::SystemFiles files;
    const fs::path contents = at.staging.contents();
    if (!files.link_facts(contents / database_name)) return strange(at.wish, "holds no database");
    const auto examined = records::examine_database(contents / database_name);
    if (!examined) return base::fail(examined.error());
    // Closing it removes them, unless something went wrong; they are no part of what is restored.
    for (const std::string_view beside : beside_database) {
        if (files.link_facts(contents / beside)) return strange(at.wish, "holds a database that can't be closed");
    }
    if (!files.link_facts(contents / "vault" / "vault.json")) return {};
    return config::Vault::opened_by(files, contents, contents / "vault" / "key");
}

// The names that go from STATE: all that a backup is made of. Samples stay where the backup has none: the database that
// is restored knows them. A one-time file would give whoever wrote it an account of the restored box.
Result<std::vector<std::string>> leaving(const Restoring& at) {
    const auto rights = AsOwner::begin(at.owner);
    if (!rights) return base::fail(rights.error());
    std::vector<std::string> names(kept_names.begin(), kept_names.end());
    names.emplace_back(database_name);
    names.insert(names.end(), beside_database.begin(), beside_database.end());
    if (at.restored.samples) names.emplace_back(samples_name);

    const base::SystemFiles files;
    const fs::path& one_time = at.settings.one_time_file;
    const auto place = below(at.settings.state_directory, one_time);
    const bool is_name = place && *place == place->filename() && !is_own(place->native());
    if (is_name) names.push_back(place->string());
    if (const auto there = files.link_facts(one_time); there && is_name) {
        at.restored.notes.push_back("The one-time file " + one_time.string() +
                                    " was removed. Where it was yours, lay it down again.");
    } else if (there && !(place && is_kept(*place))) {
        at.restored.notes.push_back("The one-time file " + one_time.string() +
                                    " is there: the next start does what it says. Look whether it is yours.");
    }
    return names;
}

// What stays in STATE, and nobody knows why.
void note_strange(const Restoring& at, const std::vector<std::string>& gone) {
    constexpr std::size_t most_named = 20;
    const auto rights = AsOwner::begin(at.owner);
    const auto names = rights ? base::SystemFiles().list(at.settings.state_directory) : base::fail(rights.error());
    if (!names) return;  // they are for a look only
    std::size_t strange = 0;
    for (const std::string& name : *names) {
        if (is_own(name) || std::ranges::find(gone, name) != gone.end()) continue;
        if (++strange > most_named) continue;
        at.restored.notes.push_back((at.settings.state_directory / name).string() +
                                    " stays as it is: it is none of Gatehouse's.");
    }
    if (strange > most_named) {
        at.restored.notes.push_back("So do " + std::to_string(strange - most_named) + " more names in " +
                                    at.settings.state_directory.string() + ".");
    }
}

// Whose file the configuration is: whose it was, or who restores it.
Result<void> put_configuration(const Restoring& at, mode_t mode, std::string_view text) {
    const auto there = base::SystemFiles().facts(at.wish.configuration);
    const Owner owner = there ? Owner{there->owner, there->group} : Owner{::geteuid(), ::getegid()};
    at.restored.configuration = true;
    return at.staging.put_configuration(at.wish.configuration, mode, owner, text);
}

// Unpacks what is left of the archive, checks it, and makes it count.
Result<void> replace(const RestoreWish& wish, const Interruption& interruption, ArchiveReader& archive,
                     const config::Settings& settings, const KeptConfiguration& configuration, const Owner& owner,
                     const Progress& progress, Restored& restored) {
    auto staging = Staging::open(settings.state_directory, owner);
    if (!staging) return base::fail(staging.error());
    const Restoring at{wish, interruption, archive, *staging, settings, owner, restored};
    progress("Unpacking the backup ...");
    auto step = unpack_all(at);
    if (step) progress("Checking what was unpacked ...");
    if (step) step = check_unpacked(at);
    if (step && configuration.taken) step = put_configuration(at, configuration.mode, configuration.text.reveal());
    if (step) step = interruption.none_came();
    if (!step) return step;
    auto gone = leaving(at);
    if (!gone) return base::fail(gone.error());
    // Once the restore counts it would be too late to find out.
    for (const std::string& name : *gone) {
        if (auto removable = may_remove(settings.state_directory / name, owner); !removable) return removable;
    }
    note_strange(at, *gone);
    return staging->commit(std::move(*gone));
}

// A restore that was interrupted before, and given up for this one, waits to be finished as it did.
tl::unexpected<base::Error> failed(const Place& place, const fs::path& state, base::Error error) {
    if (place.given_up().empty()) return base::fail(std::move(error));
    const auto back = place.take_back();
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
    const Interruption interruption;
    const base::Descriptor file(::open(wish.file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!file) return not_read(wish);
    auto stream = SealedReader::open(file.get(), wish.file.string(), passphrase);
    if (!stream) return base::fail(stream.error());
    ArchiveReader archive(*stream, wish.file.string());
    auto manifest = read_first(wish, archive);
    if (!manifest) return base::fail(manifest.error());
    mode_t configuration_mode = 0;
    const auto configuration = expected(wish, archive, configuration_entry, configuration_mode);
    if (!configuration) return base::fail(configuration.error());
    const bool take_it = wish.replace_configuration || !base::SystemFiles().link_facts(wish.configuration);
    const auto settings = settings_to_be(wish, configuration->reveal(), take_it);
    if (!settings) return base::fail(settings.error());

    if (auto outside = lies_outside(settings->state_directory, wish.file); !outside) return base::fail(outside.error());
    auto place = Place::take(settings->state_directory, wish.force);
    if (!place) return base::fail(place.error());
    Restored restored{std::move(*manifest), settings->state_directory, std::nullopt, false, false, {}};
    restored.differs = !take_it && !is_at(wish.configuration, configuration->reveal());
    if (!place->given_up().empty()) {
        restored.notes.push_back("A restore that had been interrupted was given up: " + place->given_up());
    }
    const KeptConfiguration kept{*configuration, configuration_mode, take_it};
    const auto done = replace(wish, interruption, archive, *settings, kept, place->owner(), progress, restored);
    if (!done) return failed(*place, restored.state_directory, done.error());
    place->keep();
    return restored;
}

}  // namespace gatehouse::gatehousectl::backup
