#include "certstore/journal.hpp"

#include "base/advice.hpp"
#include "certstore/openssl.hpp"
#include "certstore/pem.hpp"

#include <charconv>
#include <optional>
#include <set>

namespace gatehouse::certstore {

// One line of the list, and the old file's bytes while a replacement is under way.
struct Journal::Entry {
    std::filesystem::path path;
    mode_t mode = 0600;
    std::string old_digest;  // `absent` where there was no file
    std::string new_digest;
    mode_t old_mode = 0600;
    base::Secret old_bytes{};

    [[nodiscard]] std::filesystem::path new_copy() const { return path.string() + ".gatehouse-new"; }
    [[nodiscard]] std::filesystem::path old_copy() const { return path.string() + ".gatehouse-old"; }
    [[nodiscard]] bool had_file() const;
};

namespace {

using base::Error;
using base::ErrorKind;
using base::Result;
namespace fs = std::filesystem;

constexpr std::string_view first_line = "gatehouse journal 1";
constexpr std::string_view last_line = "end\n";
constexpr std::string_view absent = "absent";
constexpr std::size_t longest_list = 1U << 16U;

// The file's digest, or `absent`.
Result<std::string> digest_of(const base::FileSystem& files, const fs::path& path) {
    const auto contents = files.read(path, max_pem_bytes);
    if (contents) return sha256_hex(contents->bytes.reveal());
    if (contents.error().code == "file_missing") return std::string(absent);
    // Neither the old file nor the new one, which are both small and regular.
    if (contents.error().kind == ErrorKind::input) return std::string("foreign");
    return base::fail(contents.error());
}

// Takes the text up to `separator` off `rest`; nullopt: there is no separator.
std::optional<std::string_view> take(std::string_view& rest, char separator) {
    const std::size_t end = rest.find(separator);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view taken = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return taken;
}

std::optional<mode_t> parse_mode(std::string_view text) {
    mode_t mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(mode) : std::nullopt;
}

}  // namespace

bool Journal::Entry::had_file() const {
    return old_digest != absent;
}

Journal::Journal(base::FileSystem& files, fs::path folder) : files_(&files), folder_(std::move(folder)) {}

Result<void> Journal::replace(std::span<const Replacement> replacements) {
    if (auto recovered = recover(); !recovered) return recovered;
    auto entries = examine(replacements);
    if (!entries) return base::fail(entries.error());
    auto step = record(*entries, replacements);
    if (step) step = prepare(*entries, replacements);
    if (step) {
        step = swap(*entries);
        // With the files half replaced, a journal that stays is what makes the next start put it right.
        if (!step && !restore(*entries)) return step;
    }
    const auto cleaned = clean(*entries);
    // Files that stay behind are removed by the next recover, which finds all files new, or all old, and agrees with
    // what the caller is told now.
    static_cast<void>(cleaned);
    return step;
}

// What the files hold now.
Result<Journal::Entries> Journal::examine(std::span<const Replacement> replacements) const {
    Entries entries;
    for (const Replacement& replacement : replacements) {
        Entry entry;
        entry.path = replacement.path;
        entry.mode = replacement.mode;
        entry.new_digest = sha256_hex(replacement.bytes);
        entry.old_digest = absent;
        if (entry.path.string().find('\n') != std::string::npos) {
            return base::fail(ErrorKind::input, "path_invalid", "A file's path holds a line break.");
        }
        auto old = files_->read(entry.path, max_pem_bytes);
        if (old) {
            entry.old_digest = sha256_hex(old->bytes.reveal());
            entry.old_mode = old->facts.mode;
            entry.old_bytes = std::move(old->bytes);
        } else if (old.error().code != "file_missing") {
            const std::string quoted = base::shell_quoted(entry.path);
            return base::fail(ErrorKind::conflict, "slot_not_writable",
                              "What lies at " + entry.path.string() +
                                  " can't be replaced, because it can't be read to be put back: " + old.error().message,
                              "Move it away: mv " + quoted + " " + quoted + ".away");
        }
        entries.push_back(std::move(entry));
    }
    return entries;
}

// Makes new bytes and list durable: the point from which `recover` has something to look at.
Result<void> Journal::record(const Entries& entries, std::span<const Replacement> replacements) {
    if (auto made = make_folder_durably(folder_); !made) return made;
    std::string list(first_line);
    list += '\n';
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (auto made = make_folder_durably(entries[i].path.parent_path()); !made) return made;
        if (auto written = write_durably(new_path(i), replacements[i].bytes, 0600); !written) return written;
        list += base::mode_text(entries[i].mode);
        for (const std::string& word : {entries[i].old_digest, entries[i].new_digest, entries[i].path.string()}) {
            list += ' ';
            list += word;
        }
        list += '\n';
    }
    list += last_line;
    const fs::path draft = folder_ / "journal.new";
    if (auto written = write_durably(draft, list, 0600); !written) return written;
    if (auto renamed = files_->rename(draft, list_path()); !renamed) return renamed;
    return files_->sync_folder(folder_);
}

// Everything that needs space, before the first file is touched.
Result<void> Journal::prepare(const Entries& entries, std::span<const Replacement> replacements) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const Entry& entry = entries[i];
        if (auto made = write_durably(entry.new_copy(), replacements[i].bytes, entry.mode); !made) return made;
        if (!entry.had_file()) continue;
        if (auto made = write_durably(entry.old_copy(), entry.old_bytes.reveal(), entry.old_mode); !made) return made;
    }
    return {};
}

Result<void> Journal::swap(const Entries& entries) {
    for (const Entry& entry : entries) {
        if (auto renamed = files_->rename(entry.new_copy(), entry.path); !renamed) return renamed;
    }
    return sync_folders_of(entries);
}

// Puts the old files back, whichever were replaced. Tries all of them even where one fails.
Result<void> Journal::restore(const Entries& entries) {
    Result<void> outcome;
    for (const Entry& entry : entries) {
        auto restored = entry.had_file() ? files_->rename(entry.old_copy(), entry.path) : files_->remove(entry.path);
        if (!restored && outcome) outcome = restored;
    }
    return outcome;
}

// Makes every file new that is not yet, from the journal's own copies.
Result<void> Journal::finish(const Entries& entries) {
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const auto present = digest_of(*files_, entries[i].path);
        if (!present) return base::fail(present.error());
        if (*present == entries[i].new_digest) continue;
        const auto bytes = files_->read(new_path(i), max_pem_bytes);
        if (!bytes) return base::fail(bytes.error());
        if (sha256_hex(bytes->bytes.reveal()) != entries[i].new_digest) {
            return base::fail(ErrorKind::io, "journal_damaged",
                              new_path(i).string() + " does not hold what the journal beside it says.",
                              "Put a matching key and certificate in place and remove " + folder_.string() + ".");
        }
        if (auto copied = write_durably(entries[i].new_copy(), bytes->bytes.reveal(), entries[i].mode); !copied) {
            return copied;
        }
        if (auto renamed = files_->rename(entries[i].new_copy(), entries[i].path); !renamed) return renamed;
    }
    return {};
}

// The copies beside the files go first, because only the list knows where they are; then the list, durably; then what
// it meant. To be called when all files are old, all are new, or none of our business.
Result<void> Journal::clean(const Entries& entries) {
    for (const Entry& entry : entries) {
        if (auto removed = files_->remove(entry.new_copy()); !removed) return removed;
        if (auto removed = files_->remove(entry.old_copy()); !removed) return removed;
    }
    // Makes the renames durable too, before the list that could repair them goes.
    if (auto synced = sync_folders_of(entries); !synced) return synced;
    if (auto removed = files_->remove(list_path()); !removed) return removed;
    // A list long done must not come back with a power cut and find the operator's files half old, half new.
    if (auto synced = files_->sync_folder(folder_); !synced) return synced;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (auto removed = files_->remove(new_path(i)); !removed) return removed;
    }
    return files_->remove(folder_ / "journal.new");
}

Result<void> Journal::recover() {
    auto names = files_->list(folder_);
    if (!names) {
        if (names.error().code == "file_missing") return {};
        return base::fail(names.error());
    }
    const auto entries = read_list();
    if (!entries) return base::fail(entries.error());
    bool all_old = true;
    bool all_new = true;
    bool foreign = false;
    for (const Entry& entry : *entries) {
        const auto present = digest_of(*files_, entry.path);
        if (!present) return base::fail(present.error());
        const bool is_old = *present == entry.old_digest;
        const bool is_new = *present == entry.new_digest;
        all_old = all_old && is_old;
        all_new = all_new && is_new;
        foreign = foreign || (!is_old && !is_new);
    }
    if (!all_old && !all_new && !foreign) {
        if (auto finished = finish(*entries); !finished) return finished;
    }
    if (!entries->empty()) {
        if (auto cleaned = clean(*entries); !cleaned) return cleaned;
    }
    // Leftovers of a replacement that did not come as far as its list. Nothing else in the folder is the journal's.
    for (const std::string& name : *names) {
        if (name != "journal" && name != "journal.new" && !name.starts_with("new-")) continue;
        if (auto removed = files_->remove(folder_ / name); !removed) return removed;
    }
    return {};
}

// The entries of the list; none where there is no list, or one that is not whole: then nothing was renamed either.
Result<Journal::Entries> Journal::read_list() const {
    const auto contents = files_->read(list_path(), longest_list);
    if (!contents) {
        if (contents.error().code == "file_missing") return Entries{};
        return base::fail(contents.error());
    }
    std::string_view rest = contents->bytes.reveal();
    Entries entries;
    if (take(rest, '\n') != first_line) return Entries{};
    while (rest != last_line) {
        auto line = take(rest, '\n');
        if (!line) return Entries{};
        const auto mode = take(*line, ' ');
        const auto old_digest = take(*line, ' ');
        const auto new_digest = take(*line, ' ');
        const auto bits = mode ? parse_mode(*mode) : std::nullopt;
        if (!bits || !old_digest || !new_digest || line->empty()) return Entries{};
        Entry entry;
        entry.path = fs::path(std::string(*line));
        entry.mode = *bits;
        entry.old_digest = *old_digest;
        entry.new_digest = *new_digest;
        entries.push_back(std::move(entry));
    }
    return entries;
}

Result<void> Journal::sync_folders_of(const Entries& entries) {
    std::set<fs::path> folders;
    for (const Entry& entry : entries)
        folders.insert(entry.path.parent_path());
    for (const fs::path& folder : folders) {
        auto synced = files_->sync_folder(folder);
        // A folder that is gone has taken its file along; nothing in it is left to be made durable.
        if (!synced && synced.error().code != "file_missing") return synced;
    }
    return {};
}

// A new file with these bytes, on disk; the name is durable once its folder is synced.
Result<void> Journal::write_durably(const fs::path& path, std::string_view bytes, mode_t mode) {
    if (auto removed = files_->remove(path); !removed) return removed;
    if (auto written = files_->write_new(path, bytes, mode); !written) return written;
    return files_->sync(path);
}

// Makes the folder and those above it, and their names durable.
Result<void> Journal::make_folder_durably(const fs::path& folder) {
    std::vector<fs::path> missing;
    for (fs::path at = folder; !at.empty() && at != at.root_path(); at = at.parent_path()) {
        const auto facts = files_->facts(at);
        if (facts) break;
        if (facts.error().code != "file_missing") return base::fail(facts.error());
        missing.push_back(at);
    }
    if (missing.empty()) return {};
    if (auto made = files_->make_folder(folder, 0700); !made) return made;
    for (const fs::path& made : missing) {
        if (auto synced = files_->sync_folder(made.parent_path()); !synced) return synced;
    }
    return {};
}

}  // namespace gatehouse::certstore
