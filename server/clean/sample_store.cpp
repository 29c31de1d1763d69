#include "server/clean/sample_store.hpp"

#include "base/advice.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <sys/random.h>
#include <utility>

namespace gatehouse::clean {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;

constexpr std::string_view incoming_name = "incoming";
constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::size_t prefix_digits = 2;  // of the name of a folder
constexpr mode_t folder_mode = 0700;
constexpr mode_t file_mode = 0600;

std::string random_name() {
    std::array<unsigned char, 16> noise{};
    // Up to 256 bytes getrandom never gives less; were it to fail, the name would collide and be refused, not reused.
    if (::getrandom(noise.data(), noise.size(), 0) < 0) noise.fill(0);
    std::string name;
    for (const unsigned char byte : noise) {
        name += hex_digits[byte >> 4U];
        name += hex_digits[byte & 15U];
    }
    return name;
}

bool is_prefix(std::string_view text) {
    return text.size() == prefix_digits && text.find_first_not_of(hex_digits) == std::string_view::npos;
}

}  // namespace

// ---------------------------------------------------------------- coming in

SampleStore::Incoming::Incoming(SampleStore& store, fs::path path, std::unique_ptr<base::GrowingFile> file,
                                ContentDigest digest)
    : store_(&store), path_(std::move(path)), file_(std::move(file)), digest_(std::move(digest)) {}

SampleStore::Incoming::Incoming(Incoming&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)),
      path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      digest_(std::move(other.digest_)),
      size_(other.size_) {}

SampleStore::Incoming::~Incoming() {
    if (store_ == nullptr) return;
    discard();
    const std::lock_guard lock(store_->mutex_);
    store_->coming_ -= size_;
    --store_->incoming_;
}

void SampleStore::Incoming::discard() {
    if (path_.empty()) return;
    file_.reset();
    // One that stays all the same goes when the store is opened the next time.
    const auto removed = store_->files_.remove(std::exchange(path_, fs::path()));
    static_cast<void>(removed);
}

Result<void> SampleStore::Incoming::append(std::string_view bytes) {
    if (auto reserved = store_->reserve(bytes.size()); !reserved) return reserved;
    size_ += bytes.size();
    if (auto added = digest_.add(bytes); !added) return added;
    return file_->append(bytes);
}

Result<HeldContent> SampleStore::Incoming::finish() {
    auto content = digest_.finish();
    if (!content) return base::fail(std::move(content.error()));
    if (auto synced = file_->sync(); !synced) return base::fail(std::move(synced.error()));
    file_.reset();
    return store_->put_in_place(std::move(*content), *this);
}

Result<SampleStore::Incoming> SampleStore::begin() {
    {
        const std::lock_guard lock(mutex_);
        if (incoming_ >= limits_.at_once) {
            return base::fail(ErrorKind::unavailable, "busy",
                              "As many samples as may come in at once are coming in already.",
                              "Try again in a moment.");
        }
        ++incoming_;
    }
    const auto begun = [this]() -> Result<Incoming> {
        if (auto room = reserve(0); !room) return base::fail(std::move(room.error()));
        auto digest = ContentDigest::begin();
        if (!digest) return base::fail(std::move(digest.error()));
        fs::path path = folder_ / incoming_name / random_name();
        auto file = files_.create(path, file_mode);
        if (!file) return base::fail(std::move(file.error()));
        return Incoming(*this, std::move(path), std::move(*file), std::move(*digest));
    };
    auto made = begun();
    if (!made) {
        const std::lock_guard lock(mutex_);
        --incoming_;
    }
    return made;
}

// Takes so many bytes of what may still be stored; Incoming gives them back.
Result<void> SampleStore::reserve(std::uint64_t bytes) {
    auto free = files_.free_bytes(folder_);
    if (!free) return base::fail(std::move(free.error()));
    const std::lock_guard lock(mutex_);
    if (*free < limits_.free_bytes || *free - limits_.free_bytes < bytes) {
        return base::fail(ErrorKind::io, "disk_full",
                          "The file system of " + folder_.string() + " has only " + std::to_string(*free) +
                              " bytes left, and " + std::to_string(limits_.free_bytes) + " of them stay free.",
                          "Make room on it, or remove old samples.");
    }
    if (limits_.quota_bytes > 0 && used_ + coming_ + bytes > limits_.quota_bytes) {
        return base::fail(ErrorKind::io, "quota_reached",
                          "The samples in " + folder_.string() + " would take more than their " +
                              std::to_string(limits_.quota_bytes) + " bytes.",
                          "Remove old samples, or raise samples.quota_bytes.");
    }
    coming_ += bytes;
    return {};
}

Result<HeldContent> SampleStore::put_in_place(Content content, Incoming& incoming) {
    const fs::path target = place(content.sha256);
    HeldContent held;
    bool moved = false;
    {
        const auto lock = holds_->lock(content.sha256);
        const auto there = files_.link_facts(target);
        // One of another size is none: damage that was done from outside is mended by the way.
        const bool stored = there && there->regular && there->identity.size == content.size;
        if (!stored) {
            if (auto made = files_.make_folder(target.parent_path(), folder_mode); !made)
                return base::fail(std::move(made.error()));
            if (auto renamed = files_.rename(incoming.path_, target); !renamed)
                return base::fail(std::move(renamed.error()));
            incoming.path_.clear();
            moved = true;
            const std::lock_guard counted(mutex_);
            used_ += content.size;
            used_ -= there && there->regular ? there->identity.size : 0;
            coming_ -= std::exchange(incoming.size_, 0);  // no byte counts twice
        }
        held.hold = holds_->hold(content.sha256, lock);
    }
    if (!moved) incoming.discard();
    // Also where the file was there before: who put it there may not have come that far yet.
    if (auto synced = sync_folders_of(target); !synced) {
        take_back(content, held.hold, moved);
        return base::fail(std::move(synced.error()));
    }
    held.content = std::move(content);
    return held;
}

// After a content could not be made durable. Whoever holds it too has its own to say about that.
void SampleStore::take_back(const Content& content, ContentHolds::Hold& hold, bool moved) {
    if (moved) {
        const auto lock = holds_->lock(content.sha256);
        if (!holds_->held_by_others(content.sha256, lock) && files_.remove(place(content.sha256))) {
            const std::lock_guard counted(mutex_);
            used_ -= content.size;
        }
    }
    hold.release();
}

Result<void> SampleStore::sync_folders_of(const fs::path& target) {
    fs::path folder = target.parent_path();
    for (;;) {
        if (auto synced = files_.sync_folder(folder); !synced) return synced;
        if (folder == folder_) return {};
        folder = folder.parent_path();
    }
}

// ---------------------------------------------------------------- what there is

SampleStore::SampleStore(base::FileSystem& files, fs::path folder, const StoreLimits& limits)
    : files_(files), folder_(std::move(folder)), limits_(limits) {}

SampleStore::~SampleStore() = default;

Result<std::unique_ptr<SampleStore>> SampleStore::open(base::FileSystem& files, const fs::path& folder,
                                                       const StoreLimits& limits) {
    // NOLINTNEXTLINE(modernize-make-unique): the constructor is private
    std::unique_ptr<SampleStore> store(new SampleStore(files, folder, limits));
    if (auto made = files.make_folder(folder / incoming_name, folder_mode); !made)
        return base::fail(std::move(made.error()));
    for (const fs::path& changed : {folder, folder.parent_path()}) {
        if (auto synced = files.sync_folder(changed); !synced) return base::fail(std::move(synced.error()));
    }
    if (auto emptied = store->empty_incoming(); !emptied) return base::fail(std::move(emptied.error()));
    if (auto counted = store->count_used(); !counted) return base::fail(std::move(counted.error()));
    return store;
}

Result<void> SampleStore::empty_incoming() {
    const fs::path folder = folder_ / incoming_name;
    const auto names = files_.list(folder);
    if (!names) return base::fail(names.error());
    for (const std::string& name : *names) {
        if (auto removed = files_.remove(folder / name); !removed) return removed;
    }
    return {};
}

Result<void> SampleStore::count_used() {
    const auto prefixes = files_.list(folder_);
    if (!prefixes) return base::fail(prefixes.error());
    std::uint64_t used = 0;
    for (const std::string& prefix : *prefixes) {
        if (!is_prefix(prefix)) continue;
        const auto shelf = look(prefix);
        if (!shelf) return base::fail(shelf.error());
        for (const ContentHolds::Intent& content : shelf->contents) {
            const auto facts = files_.link_facts(place(content.sha256()));
            if (facts) used += facts->identity.size;
        }
    }
    const std::lock_guard lock(mutex_);
    used_ = used;
    return {};
}

void SampleStore::set_limits(const StoreLimits& limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
}

std::uint64_t SampleStore::used_bytes() const {
    const std::lock_guard lock(mutex_);
    return used_;
}

fs::path SampleStore::place(std::string_view sha256) const {
    return folder_ / sha256.substr(0, prefix_digits) / sha256.substr(prefix_digits, prefix_digits) / sha256;
}

Result<std::shared_ptr<const http::OpenFile>> SampleStore::read(std::string_view sha256) const {
    if (!is_sha256(sha256)) return base::fail(ErrorKind::not_found, "file_missing", "No sample has such a checksum.");
    const fs::path path = place(sha256);
    int descriptor = -1;
    do {
        descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    } while (descriptor < 0 && errno == EINTR);
    if (descriptor >= 0) return std::make_shared<const http::OpenFile>(descriptor);
    const std::string message = path.string() + " can't be opened: " + base::words_of(errno) + ".";
    if (errno == ENOENT || errno == ENOTDIR) return base::fail(ErrorKind::not_found, "file_missing", message);
    return base::fail(ErrorKind::io, "file_io", message);
}

// ---------------------------------------------------------------- removal

ContentHolds::Intent SampleStore::plan_removal(const std::string& sha256) {
    return holds_->intend(sha256);
}

Result<bool> SampleStore::remove(const ContentHolds::Intent& planned) {
    const auto lock = holds_->lock(planned.sha256());
    if (!holds_->untouched(planned, lock)) return false;
    const fs::path path = place(planned.sha256());
    const auto facts = files_.link_facts(path);
    if (!facts && facts.error().kind == ErrorKind::not_found) return true;
    if (auto removed = files_.remove(path); !removed) return base::fail(std::move(removed.error()));
    // Not synced: a removal that a power cut undoes is done again by the next comparison.
    const std::lock_guard counted(mutex_);
    if (facts) used_ -= std::min(used_, facts->identity.size);
    return true;
}

// ---------------------------------------------------------------- comparison

// Empty where there is no such folder.
Result<std::vector<std::string>> SampleStore::names_in(const fs::path& folder) const {
    auto names = files_.list(folder);
    if (!names && names.error().kind == ErrorKind::not_found) return std::vector<std::string>();
    return names;
}

Result<SampleStore::Shelf> SampleStore::look(const std::string& prefix) {
    Shelf shelf;
    shelf.prefix = prefix;
    const fs::path folder = folder_ / prefix;
    const auto folders = names_in(folder);
    if (!folders) return base::fail(folders.error());
    for (const std::string& second : *folders) {
        if (!is_prefix(second)) {
            shelf.unknown.push_back(folder / second);
            continue;
        }
        const auto names = names_in(folder / second);
        if (!names) return base::fail(names.error());
        for (const std::string& name : *names) {
            if (is_sha256(name) && name.starts_with(prefix + second)) {
                shelf.contents.push_back(holds_->intend(name));
            } else {
                shelf.unknown.push_back(folder / second / name);
            }
        }
    }
    return shelf;
}

Result<SampleStore::Difference> SampleStore::settle(const Shelf& shelf, std::vector<std::string> known) {
    Difference difference;
    difference.unknown = shelf.unknown;
    std::sort(known.begin(), known.end());
    for (const ContentHolds::Intent& content : shelf.contents) {
        if (std::binary_search(known.begin(), known.end(), content.sha256())) continue;
        const auto removed = remove(content);
        if (!removed) return base::fail(removed.error());
        if (*removed) ++difference.removed;
    }
    for (const std::string& sha256 : known) {
        if (!is_sha256(sha256) || !files_.link_facts(place(sha256))) difference.missing.push_back(sha256);
    }
    return difference;
}

Result<SampleStore::Difference> SampleStore::compare(const Known& known) {
    const auto there = files_.list(folder_);
    if (!there) return base::fail(there.error());
    Difference all;
    for (const char first : hex_digits) {
        for (const char second : hex_digits) {
            const std::string prefix{first, second};
            auto shelf =
                std::binary_search(there->begin(), there->end(), prefix) ? look(prefix) : Shelf{prefix, {}, {}};
            if (!shelf) return base::fail(std::move(shelf.error()));
            auto referred = known(prefix);
            if (!referred) return base::fail(std::move(referred.error()));
            auto one = settle(*shelf, std::move(*referred));
            if (!one) return one;
            all.removed += one->removed;
            std::move(one->missing.begin(), one->missing.end(), std::back_inserter(all.missing));
            std::move(one->unknown.begin(), one->unknown.end(), std::back_inserter(all.unknown));
        }
    }
    return all;
}

}  // namespace gatehouse::clean
