#include "server/samples/sample_store.hpp"

#include "base/advice.hpp"
#include "base/hex.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/random.h>
#include <utility>

namespace gatehouse::samples {

namespace {

namespace fs = std::filesystem;
using base::ErrorKind;
using base::Result;

constexpr std::string_view incoming_name = "incoming";
constexpr std::string_view marks_name = "unsettled";
constexpr std::size_t prefix_digits = 2;  // of the name of a folder
constexpr mode_t folder_mode = 0700;
constexpr mode_t file_mode = 0600;

std::string random_name() {
    std::array<char, 16> noise{};
    // Up to 256 bytes getrandom never gives less; were it to fail, the name would collide and be refused, not reused.
    if (::getrandom(noise.data(), noise.size(), 0) < 0) noise.fill(0);
    return base::to_hex({noise.data(), noise.size()});
}

}  // namespace

// ---------------------------------------------------------------- coming in

SampleStore::Incoming::Incoming(SampleStore& store, Sender sender, fs::path path,
                                std::unique_ptr<base::GrowingFile> file, ContentDigest digest)
    : store_(&store), sender_(sender), path_(std::move(path)), file_(std::move(file)), digest_(std::move(digest)) {}

SampleStore::Incoming::Incoming(Incoming&& other) noexcept
    : store_(std::exchange(other.store_, nullptr)),
      sender_(other.sender_),
      path_(std::move(other.path_)),
      file_(std::move(other.file_)),
      digest_(std::move(other.digest_)),
      size_(other.size_) {}

SampleStore::Incoming::~Incoming() {
    if (store_ == nullptr) return;
    discard();
    const std::lock_guard lock(store_->mutex_);
    store_->coming(sender_) -= size_;
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
    if (auto reserved = store_->reserve(bytes.size(), sender_); !reserved) return reserved;
    size_ += bytes.size();
    if (auto added = digest_.add(bytes); !added) return added;
    return file_->append(bytes);
}

Result<HeldContent> SampleStore::Incoming::finish() {
    if (auto owned = store_->own_up(*this); !owned) return base::fail(std::move(owned.error()));
    auto content = digest_.finish();
    if (!content) return base::fail(std::move(content.error()));
    if (auto synced = file_->sync(); !synced) return base::fail(std::move(synced.error()));
    file_.reset();
    return store_->put_in_place(std::move(*content), *this);
}

Result<SampleStore::Incoming> SampleStore::begin(Sender sender) {
    {
        const std::lock_guard lock(mutex_);
        if (incoming_ >= limits_.at_once) {
            return base::fail(ErrorKind::unavailable, "busy",
                              "As many samples as may come in at once are coming in already.",
                              "Try again in a moment.");
        }
        ++incoming_;
    }
    const auto begun = [this, sender]() -> Result<Incoming> {
        if (auto room = reserve(0, sender); !room) return base::fail(std::move(room.error()));
        auto digest = ContentDigest::begin();
        if (!digest) return base::fail(std::move(digest.error()));
        fs::path path = folder_ / incoming_name / random_name();
        auto file = files_.create(path, file_mode);
        if (!file) return base::fail(std::move(file.error()));
        return Incoming(*this, sender, std::move(path), std::move(*file), std::move(*digest));
    };
    auto made = begun();
    if (!made) {
        const std::lock_guard lock(mutex_);
        --incoming_;
    }
    return made;
}

// Takes so many bytes of what may still be stored; Incoming gives them back.
Result<void> SampleStore::reserve(std::uint64_t bytes, Sender sender) {
    auto free = files_.free_bytes(folder_);
    if (!free) return base::fail(std::move(free.error()));
    const std::lock_guard lock(mutex_);
    if (*free < limits_.free_bytes || *free - limits_.free_bytes < bytes) {
        return base::fail(ErrorKind::io, "disk_full",
                          "The file system of " + folder_.string() + " has only " + std::to_string(*free) +
                              " bytes left, and " + std::to_string(limits_.free_bytes) + " of them stay free.",
                          "Make room on it, or remove old samples.");
    }
    if (auto checked = check_quota(bytes, sender); !checked) return checked;
    coming(sender) += bytes;
    return {};
}

// With the mutex.
Result<void> SampleStore::check_quota(std::uint64_t bytes, Sender sender) const {
    const std::uint64_t others = sender == Sender::known ? coming_ : coming_ + strange_;
    if (limits_.quota_bytes == 0 || used_.bytes() + others + bytes <= limits_.quota_bytes) return {};
    return base::fail(ErrorKind::io, "quota_reached",
                      "The samples in " + folder_.string() + " would take more than their " +
                          std::to_string(limits_.quota_bytes) + " bytes.",
                      "Remove old samples, or raise samples.quota_bytes.");
}

// What a stranger sent is a known one's now, who may have no room left for it.
Result<void> SampleStore::own_up(Incoming& incoming) {
    if (incoming.sender_ == Sender::known) return {};
    const std::lock_guard lock(mutex_);
    if (auto checked = check_quota(incoming.size_, Sender::known); !checked) return checked;
    strange_ -= incoming.size_;
    coming_ += incoming.size_;
    incoming.sender_ = Sender::known;
    return {};
}

Result<HeldContent> SampleStore::put_in_place(Content content, Incoming& incoming) {
    Arrival arrival;
    if (auto arrived = arrive(content, incoming, arrival); !arrived) {
        take_back(content, arrival);
        return base::fail(std::move(arrived.error()));
    }
    return HeldContent{std::move(content), std::move(arrival.hold)};
}

Result<void> SampleStore::arrive(const Content& content, Incoming& incoming, Arrival& arrival) {
    const auto is_coming = announce(content, arrival);
    if (!is_coming) return base::fail(is_coming.error());
    // The mark must not reach the disk later than the file. Also where somebody else set it: it may not be there yet.
    if (*is_coming) {
        if (auto synced = marks_.sync(); !synced) return synced;
    }
    {
        const auto lock = holds_->lock(content.sha256);
        if (!is_stored(content)) {
            if (auto moved = move(content, incoming); !moved) return moved;
            arrival.moved = true;
        }
    }
    if (!arrival.moved) incoming.discard();
    // Also where the file was there before: who put it there may not have come that far yet.
    return sync_folders_of(place(content.sha256));
}

// Holds the content, and marks it where it is not stored yet. False: it bears no mark, because it was here before.
Result<bool> SampleStore::announce(const Content& content, Arrival& arrival) {
    const auto lock = holds_->lock(content.sha256);
    arrival.hold = holds_->hold(content.sha256, lock);
    if (marks_.has(content.sha256)) return true;
    if (is_stored(content)) return false;
    arrival.marked = true;
    if (auto set = marks_.set(content.sha256); !set) return base::fail(std::move(set.error()));
    return true;
}

// One of another size is none: damage that was done from outside is mended by the way.
bool SampleStore::is_stored(const Content& content) const {
    const auto there = files_.link_facts(place(content.sha256));
    return there && there->regular && there->identity.size == content.size;
}

// With the content's lock.
Result<void> SampleStore::move(const Content& content, Incoming& incoming) {
    const fs::path target = place(content.sha256);
    const auto there = files_.link_facts(target);
    const std::uint64_t replaced = there && there->regular ? there->identity.size : 0;
    if (auto made = files_.make_folder(target.parent_path(), folder_mode); !made) return made;
    if (auto renamed = files_.rename(incoming.path_, target); !renamed) return renamed;
    incoming.path_.clear();
    count(content.sha256, static_cast<std::int64_t>(content.size) - static_cast<std::int64_t>(replaced));
    const std::lock_guard counted(mutex_);
    coming_ -= std::exchange(incoming.size_, 0);  // no byte counts twice
    return {};
}

// After a content could not be made durable. Where others are at it too, or this fails as well, the mark stays.
void SampleStore::take_back(const Content& content, Arrival& arrival) {
    const auto lock = holds_->lock(content.sha256);
    if (holds_->is_alone(arrival.hold, lock)) {
        const bool is_gone = !arrival.moved || remove_file(content.sha256).has_value();
        if (is_gone && arrival.marked) static_cast<void>(marks_.remove(content.sha256));
    }
    arrival.hold.release();
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
    : files_(files), folder_(std::move(folder)), marks_(files, folder_ / marks_name), limits_(limits) {}

SampleStore::~SampleStore() = default;

Result<std::unique_ptr<SampleStore>> SampleStore::open(base::FileSystem& files, const fs::path& folder,
                                                       const StoreLimits& limits) {
    // NOLINTNEXTLINE(modernize-make-unique): the constructor is private
    std::unique_ptr<SampleStore> store(new SampleStore(files, folder, limits));
    if (auto made = files.make_folder(folder / incoming_name, folder_mode); !made)
        return base::fail(std::move(made.error()));
    if (auto opened = store->marks_.open(); !opened) return base::fail(std::move(opened.error()));
    if (auto synced = files.sync_folder(folder.parent_path()); !synced) return base::fail(std::move(synced.error()));
    if (auto emptied = store->empty_incoming(); !emptied) return base::fail(std::move(emptied.error()));
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

void SampleStore::set_limits(const StoreLimits& limits) {
    const std::lock_guard lock(mutex_);
    limits_ = limits;
}

std::uint64_t SampleStore::used_bytes() const {
    const std::lock_guard lock(mutex_);
    return used_.bytes();
}

void SampleStore::expect(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    used_.expect(bytes);
}

// With the content's lock, so that whoever counts its folder sees this before or after it.
void SampleStore::count(std::string_view sha256, std::int64_t bytes) {
    const std::lock_guard lock(mutex_);
    used_.change(StoreCount::folder_of(sha256), bytes);
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

// ---------------------------------------------------------------- settling

Result<void> SampleStore::keep(HeldContent held) {
    const std::string& sha256 = held.content.sha256;
    const auto lock = holds_->lock(sha256);
    Result<void> unmarked;
    // Who holds it too goes by the mark, and takes it off; so does who wants to remove it.
    if (holds_->is_last(held.hold, lock)) unmarked = marks_.remove(sha256);
    held.hold.release();
    return unmarked;
}

ContentHolds::Intent SampleStore::plan_removal(const std::string& sha256) {
    return holds_->intend(sha256, ContentHolds::Aim::removal);
}

Result<void> SampleStore::mark(const std::vector<ContentHolds::Intent>& planned) {
    for (const ContentHolds::Intent& intent : planned) {
        const auto lock = holds_->lock(intent.sha256());
        if (auto set = marks_.set(intent.sha256()); !set) return set;
    }
    return marks_.sync();
}

bool SampleStore::is_marked(const std::string& sha256) const {
    return marks_.has(sha256);
}

Result<bool> SampleStore::settle(const ContentHolds::Intent& planned, bool referred) {
    const std::string& sha256 = planned.sha256();
    const auto lock = holds_->lock(sha256);
    if (!holds_->untouched(planned, lock) || !marks_.has(sha256)) return false;
    bool removed = false;
    if (!referred) {
        auto gone = remove_file(sha256);
        if (!gone) return gone;
        removed = *gone;
    } else if (!holds_->is_only(planned, lock)) {
        return false;  // the other may have deleted the row meanwhile
    }
    if (auto unmarked = marks_.remove(sha256); !unmarked) return base::fail(std::move(unmarked.error()));
    return removed;
}

// Durably, because the mark goes next. With the content's lock. False: there was none.
Result<bool> SampleStore::remove_file(const std::string& sha256) {
    const fs::path path = place(sha256);
    const auto facts = files_.link_facts(path);
    if (auto removed = files_.remove(path); !removed) return base::fail(std::move(removed.error()));
    if (facts) count(sha256, -static_cast<std::int64_t>(facts->identity.size));
    const auto synced = files_.sync_folder(path.parent_path());
    if (!synced && synced.error().kind != ErrorKind::not_found) return base::fail(synced.error());
    return facts.has_value();
}

Result<std::vector<ContentHolds::Intent>> SampleStore::unsettled() {
    const auto marked = marks_.list();
    if (!marked) return base::fail(marked.error());
    std::vector<ContentHolds::Intent> planned;
    planned.reserve(marked->size());
    for (const std::string& sha256 : *marked)
        planned.push_back(plan_removal(sha256));
    return planned;
}

}  // namespace gatehouse::samples
