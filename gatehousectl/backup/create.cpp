#include "gatehousectl/backup/create.hpp"

#include "base/advice.hpp"
#include "base/descriptor.hpp"
#include "base/files.hpp"
#include "config/vault.hpp"
#include "gatehousectl/backup/archive.hpp"
#include "gatehousectl/backup/gathering.hpp"
#include "gatehousectl/backup/interruption.hpp"
#include "gatehousectl/backup/manifest.hpp"
#include "gatehousectl/backup/names.hpp"
#include "gatehousectl/backup/new_file.hpp"
#include "gatehousectl/backup/work_folder.hpp"
#include "records/snapshot.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace gatehouse::gatehousectl::backup {

namespace {

using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr std::chrono::seconds patience_with_changes{30};
constexpr std::size_t piece = 1024UL * 1024;
constexpr std::size_t largest_key = 4096;

// What one backup is made with.
struct Making {
    const CreateWish& wish;
    const Interruption& interruption;
    ArchiveWriter& archive;
};

enum class Added { whole, gone, of_another_size };

// The file at `path` as an entry. `size`: that it is known to have, in bytes; whoever owns STATE could have laid one
// without end in its place. Errors: io/file_io where it is shorter than it was.
Result<Added> add_file(const Making& making, const std::string& name, const fs::path& path,
                       std::optional<std::int64_t> size = std::nullopt) {
    // A pipe in its place would be waited for.
    const base::Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK));
    if (!file && errno == ENOENT) return Added::gone;
    struct stat facts {};
    if (!file || ::fstat(file.get(), &facts) != 0) {
        return base::fail(ErrorKind::io, "file_io", path.string() + " can't be read: " + base::words_of(errno) + ".",
                          "It is read with the rights of whom the state folder belongs to: look whose it is.");
    }
    if (!S_ISREG(facts.st_mode)) {
        return base::fail(ErrorKind::io, "file_io", path.string() + " can't be read: it is no regular file.",
                          "Move it away.");
    }
    if (size && facts.st_size != *size) return Added::of_another_size;
    auto left = static_cast<std::uint64_t>(facts.st_size);
    if (auto begun = making.archive.begin({name, facts.st_mode, left}); !begun) return base::fail(begun.error());
    std::string buffer(std::min<std::uint64_t>(piece, left), '\0');
    while (left > 0) {
        const ssize_t got = ::read(file.get(), buffer.data(), std::min<std::uint64_t>(buffer.size(), left));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) {
            return base::fail(ErrorKind::io, "file_io",
                              path.string() + " can't be read to its end: " +
                                  (got < 0 ? base::words_of(errno) : "it has become shorter") + ".",
                              "Look at the disk's health.");
        }
        if (auto uninterrupted = making.interruption.none_came(); !uninterrupted)
            return base::fail(uninterrupted.error());
        auto written = making.archive.write(std::string_view(buffer).substr(0, static_cast<std::size_t>(got)));
        if (!written) return base::fail(written.error());
        left -= static_cast<std::uint64_t>(got);
    }
    return Added::whole;
}

// Those that the database's copy knows, so that what it says and what lies in the backup belong together.
Result<void> add_samples(const Making& making, const fs::path& database_copy, Created& created) {
    constexpr std::int64_t at_once = 1000;
    auto database = records::open_untrusted(database_copy);
    if (!database) return base::fail(database.error());
    created.samples = 0;
    std::string last;
    for (;;) {
        const auto known = records::known_contents(*database, last, at_once, making.interruption.any_came());
        if (!known) return making.interruption.told(known.error());
        if (known->empty()) return {};
        for (const auto& [sha256, bytes] : *known) {
            if (!is_sha256(sha256)) continue;
            if (auto uninterrupted = making.interruption.none_came(); !uninterrupted) return uninterrupted;
            const fs::path path = created.state_directory / sample_place(sha256);
            const auto added = add_file(making, sample_entry(sha256), path, bytes);
            if (!added) return base::fail(added.error());
            if (*added == Added::whole) ++*created.samples;
            if (*added == Added::gone) created.gone.push_back(sha256);
            if (*added == Added::of_another_size) created.left_out.push_back(path.string() + " (not of its size)");
        }
        last = known->back().sha256;
    }
}

fs::path place_of_key(const CreateWish& wish, const base::FileSystem& files, const fs::path& state) {
    if (!wish.key.empty()) return wish.key;
    if (!wish.credentials.empty() && files.facts(wish.credentials / "gatehouse.key")) {
        return wish.credentials / "gatehouse.key";
    }
    return state / "vault" / "key";
}

// nullopt: there is none. Once, so that what is proven to open the vault is what is packed.
Result<std::optional<base::Secret>> read_vault_key(const fs::path& place, const Owner& owner) {
    // One in a place of root's is named by root, and root's to read; whatever way it is written.
    const auto rights = AsOwner::begin_to_read(place, owner);
    if (!rights) return base::fail(rights.error());
    auto key = base::SystemFiles().read(place, largest_key);
    if (key) return std::optional<base::Secret>(std::move(key->bytes));
    if (key.error().kind == ErrorKind::not_found) return std::nullopt;
    return base::fail(key.error());
}

// The vault goes with the key that opens it, wherever that lies here: the restored box keeps it in STATE/vault/key,
// from where a credential of its own takes over.
Result<void> add_vault_key(const CreateWish& wish, Gathered& gathered) {
    const std::string vault = state_entry("vault/vault.json");
    const std::string key_entry = state_entry("vault/key");
    const auto is = [](const std::string& entry) {
        return [&entry](const KeptFile& file) { return file.entry == entry; };
    };
    if (std::ranges::none_of(gathered.files, is(vault))) return {};
    base::SystemFiles files;
    const fs::path& state = gathered.settings.state_directory;
    const fs::path place = place_of_key(wish, files, state);
    auto key = read_vault_key(place, gathered.owner);
    if (!key) return base::fail(key.error());
    const auto rights = AsOwner::begin(gathered.owner);
    if (!rights) return base::fail(rights.error());
    const base::Secret none;
    const auto opened = config::Vault::opened_by(files, state, *key ? **key : none);
    if (!opened && opened.error().code != "vault_locked") return base::fail(opened.error());
    if (!opened) {
        return base::fail(ErrorKind::unavailable, "vault_locked",
                          "The passphrases in " + (state / "vault" / "vault.json").string() +
                              " would be lost: " + place.string() + " is missing, or not the vault's key.",
                          "Where systemd gives the service its key, name it while the service runs: --key "
                          "/run/credentials/gatehouse.service/gatehouse.key. Where it is lost for good, remove the "
                          "vault and give the passphrases again.");
    }
    std::erase_if(gathered.files, is(key_entry));
    constexpr mode_t secret_mode = 0600;
    gathered.files.push_back({key_entry, secret_mode, std::move(**key)});
    return {};
}

Result<void> write_all(const Making& making, const Manifest& manifest, const Gathered& gathered,
                       const fs::path& database_copy, const Progress& progress, Created& created) {
    const auto rights = AsOwner::begin(gathered.owner);
    if (!rights) return base::fail(rights.error());
    ArchiveWriter& archive = making.archive;
    constexpr mode_t plain_mode = 0600;
    auto added = archive.add(std::string(manifest_entry), plain_mode, text_of(manifest));
    const KeptFile& configuration = gathered.files.front();
    if (added) added = archive.add(configuration.entry, configuration.mode, configuration.bytes.reveal());
    if (!added) return added;
    const auto database = add_file(making, std::string(database_entry), database_copy);
    if (!database) return base::fail(database.error());
    for (const KeptFile& file : gathered.files) {
        if (added && &file != &configuration) added = archive.add(file.entry, file.mode, file.bytes.reveal());
    }
    if (added && making.wish.samples) {
        progress("Taking the samples ...");
        added = add_samples(making, database_copy, created);
    }
    if (!added) return added;
    const Totals totals{archive.count(), created.samples.value_or(0)};
    return archive.add(std::string(end_entry), plain_mode, text_of(totals));
}

// The number of its last step (records/migrations).
Result<std::int64_t> copied_database(const Box& box, const fs::path& copy, const Interruption& interruption) {
    const auto rights = AsOwner::begin(box.owner);
    if (!rights) return base::fail(rights.error());
    const auto given_up = interruption.any_came();
    const auto copied = records::copy_database(box.settings.state_directory / database_name, copy, given_up);
    if (!copied) return interruption.told(copied.error());
    auto schema = records::examine_database(copy, given_up);
    return schema ? schema : interruption.told(schema.error());
}

NewFile::Existing existing(const CreateWish& wish) {
    return wish.force ? NewFile::Existing::replaced : NewFile::Existing::refused;
}

}  // namespace

Result<void> may_create(const CreateWish& wish) {
    const auto box = box_of(base::SystemFiles(), wish.configuration);
    if (!box) return base::fail(box.error());
    const uid_t owner = box->owner.user;
    if (::geteuid() != 0 && ::geteuid() != owner) {
        return base::fail(ErrorKind::denied, "not_allowed",
                          "Only root and the user " + base::user_name(owner) + " may back this box up.",
                          "Run it as root.");
    }
    if (auto outside = lies_outside(box->settings.state_directory, wish.file); !outside) return outside;
    if (auto possible = NewFile::may_begin(wish.file, existing(wish)); !possible) return possible;
    const auto rights = AsOwner::begin(box->owner);
    return rights ? records::find_database(box->settings.state_directory / database_name) : base::fail(rights.error());
}

Result<Created> create(const CreateWish& wish, const base::Secret& passphrase, const Progress& progress) {
    const Interruption interruption;
    base::SystemFiles files;
    const auto box = box_of(files, wish.configuration);
    if (!box) return base::fail(box.error());
    const auto work = WorkFolder::open(box->settings.state_directory, box->owner);
    if (!work) return base::fail(work.error());
    auto file = NewFile::begin(wish.file, existing(wish));
    if (!file) return base::fail(file.error());

    // First the database, then what its rows refer to: keys in the vault, contents of samples.
    progress("Copying the database ...");
    const fs::path copy = work->path() / database_name;
    const auto schema = copied_database(*box, copy, interruption);
    if (!schema) return base::fail(schema.error());
    auto gathered = gather(files, wish.configuration, patience_with_changes);
    if (!gathered) return base::fail(gathered.error());
    if (auto has_key = add_vault_key(wish, *gathered); !has_key) return base::fail(has_key.error());

    Manifest manifest = manifest_of_now();
    manifest.schema = *schema;
    manifest.samples = wish.samples;
    Created created{0, manifest.made, gathered->settings.state_directory, std::nullopt, {}, gathered->left_out};
    auto stream = SealedWriter::begin(file->descriptor(), wish.file.string(), passphrase);
    if (!stream) return base::fail(stream.error());
    ArchiveWriter archive(*stream);
    auto step = write_all({wish, interruption, archive}, manifest, *gathered, copy, progress, created);
    if (step) step = interruption.none_came();
    if (step) step = stream->finish();
    if (!step) return base::fail(step.error());
    const auto bytes = file->complete();
    if (!bytes) return base::fail(bytes.error());
    created.bytes = *bytes;
    return created;
}

}  // namespace gatehouse::gatehousectl::backup
