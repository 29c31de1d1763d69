#include "gatehousectl/commands/backup.hpp"

#include "base/advice.hpp"
#include "base/printable.hpp"
#include "gatehousectl/input.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <ostream>

namespace gatehouse::gatehousectl::commands {

namespace {

using backup::Configuration;
using backup::Created;
using backup::Restored;
using Json = nlohmann::json;

constexpr std::size_t shortest_passphrase = 8;

std::size_t characters_in(std::string_view text) {
    constexpr unsigned char mask = 0xC0;
    constexpr unsigned char continuation = 0x80;
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & mask) != continuation; }));
}

Outcome<base::Secret> new_passphrase(const Desk& desk, const std::filesystem::path& file) {
    auto passphrase = obtain(desk.terminal, {"passphrase", "Passphrase for the backup", file, true});
    if (passphrase && characters_in(passphrase->reveal()) < shortest_passphrase) {
        return refused("passphrase_short",
                       "A backup's passphrase has at least " + std::to_string(shortest_passphrase) + " characters.",
                       "Whoever has the file and guesses it has all keys and passwords of this box.");
    }
    return passphrase;
}

// For who waits at a terminal.
backup::Progress progress_of(const Desk& desk) {
    return [&desk](const std::string& what) {
        if (desk.terminal.warns()) desk.err << base::printable(what) << std::endl;
    };
}

Json count_or_null(const std::optional<std::uint64_t>& count) {
    return count ? Json(*count) : Json();
}

std::string dumped(const Json& value) {
    return value.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string_view word_for(Configuration configuration) {
    if (configuration == Configuration::restored) return "restored";
    return configuration == Configuration::differs ? "differs" : "same";
}

std::string size_text(std::uint64_t bytes) {
    constexpr std::uint64_t mib = 1024ULL * 1024;
    return bytes < mib ? std::to_string(bytes) + " bytes" : std::to_string(bytes / mib) + " MiB";
}

void show_created(const Desk& desk, const std::filesystem::path& file, const Created& created) {
    if (desk.json) {
        desk.out << dumped({{"file", file.string()},
                            {"bytes", created.bytes},
                            {"made", created.made},
                            {"state_directory", created.state_directory.string()},
                            {"samples", count_or_null(created.samples)},
                            {"samples_gone", created.gone},
                            {"left_out", created.left_out}})
                 << '\n';
        return;
    }
    desk.out << base::printable(file.native()) << " is a backup of "
             << base::printable(created.state_directory.native()) << ": " << size_text(created.bytes) << ", "
             << (created.samples ? counted(static_cast<std::int64_t>(*created.samples), "sample") : "without samples")
             << ".\n";
    constexpr std::size_t most_named = 20;
    for (std::size_t i = 0; i < std::min(most_named, created.gone.size()); ++i)
        desk.out << "Not there any more: sample " << created.gone[i] << '\n';
    if (created.gone.size() > most_named)
        desk.out << "Of " << created.gone.size() << " samples the files are not there any more; --json names all.\n";
    for (const std::string& path : created.left_out)
        desk.out << "Left out: " << base::printable(path) << '\n';
    desk.out << "Without its passphrase it can't be opened. Keep that elsewhere.\n";
}

void show_restored(const Desk& desk, const std::filesystem::path& file, const Restored& restored) {
    const backup::Manifest& manifest = restored.manifest;
    if (desk.json) {
        desk.out << dumped({{"file", file.string()},
                            {"made", manifest.made},
                            {"host", manifest.host},
                            {"version", manifest.version},
                            {"state_directory", restored.state_directory.string()},
                            {"samples", count_or_null(restored.samples)},
                            {"configuration", word_for(restored.configuration)},
                            {"notes", restored.notes}})
                 << '\n';
        return;
    }
    desk.out << base::printable(restored.state_directory.native()) << " is what " << base::printable(manifest.host)
             << " was at " << time_text(manifest.made) << ", "
             << (restored.samples ? "with " + counted(static_cast<std::int64_t>(*restored.samples), "sample")
                                  : "without files of samples")
             << ".\n";
    const std::string configuration = base::printable(desk.configuration.native());
    if (restored.configuration == Configuration::restored) desk.out << configuration << " is that of the backup.\n";
    if (restored.configuration == Configuration::differs)
        desk.out << configuration << " was left as it is; that of the backup is another: --configuration takes it.\n";
    for (const std::string& note : restored.notes)
        desk.out << base::printable(note) << '\n';
    desk.out << "Start it: systemctl start gatehouse\n";
}

}  // namespace

Outcome<Exit> create_backup(const Desk& desk, const CreateOptions& options) {
    backup::CreateWish wish = options.wish;
    wish.configuration = desk.configuration;
    if (const char* credentials = std::getenv("CREDENTIALS_DIRECTORY")) wish.credentials = credentials;
    if (const auto possible = backup::may_create(wish); !possible) return refused(possible.error());
    const auto passphrase = new_passphrase(desk, options.passphrase_file);
    if (!passphrase) return tl::unexpected(passphrase.error());
    const auto created = backup::create(wish, *passphrase, progress_of(desk));
    if (!created) return refused(created.error());
    show_created(desk, wish.file, *created);
    return Exit::fine;
}

Outcome<Exit> restore_backup(const Desk& desk, const RestoreOptions& options) {
    backup::RestoreWish wish = options.wish;
    wish.configuration = desk.configuration;
    if (const auto possible = backup::may_restore(wish); !possible) return refused(possible.error());
    const auto passphrase =
        obtain(desk.terminal, {"passphrase", "Passphrase of the backup", options.passphrase_file, false});
    if (!passphrase) return tl::unexpected(passphrase.error());
    const auto restored = backup::restore(wish, *passphrase, progress_of(desk));
    if (!restored) return refused(restored.error());
    show_restored(desk, wish.file, *restored);
    return Exit::fine;
}

}  // namespace gatehouse::gatehousectl::commands
