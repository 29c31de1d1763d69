// The bytes of the samples: STATE/samples/ab/cd/SHA256, one file for each content however often it was submitted. What
// comes in is a file of its own in STATE/samples/incoming/ until it is whole, its checksums are known and it is on the
// disk; then the content is marked (STATE/samples/unsettled/) and moved to its place. The database's row comes after
// that, so that a row always has its file; then the mark goes. What leaves is marked before its rows go. So a file
// without a row that bears a mark is what a crash left and is removed; one without a mark is somebody's and stays
// (docs/decisions/0026). Names are made of checksums or at random, never of what a client says, and nothing here can be
// run. Owned by the appliance. Blocking: never call it on an I/O thread; any other thread.
#pragma once

#include "base/files.hpp"
#include "server/http/response.hpp"
#include "server/samples/content_digest.hpp"
#include "server/samples/content_holds.hpp"
#include "server/samples/content_marks.hpp"
#include "server/samples/store_count.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::samples {

struct StoreLimits {
    std::uint64_t free_bytes = 268435456;  ///< what stays free on the file system for the rest of the system
    std::uint64_t quota_bytes = 0;         ///< of all contents together; 0: none
    std::size_t at_once = 64;              ///< contents that come in
};

/// Whether it is known who sends a content. What strangers send finds room in the quota or not, but takes none of it
/// away from others: it counts for them once its sender is known.
enum class Sender { known, unknown };

/// A content that is in its place and on the disk. It stays there as long as this lives. To be given to
/// SampleStore::keep when the row that refers to it is written; let go of and settled where it was refused.
struct HeldContent {
    Content content;
    ContentHolds::Hold hold;
};

class SampleStore {
public:
    /// One content while it comes in. Movable; what was not finished is removed with it. One thread at a time.
    class Incoming {
    public:
        Incoming(Incoming&& other) noexcept;
        Incoming& operator=(Incoming&& other) = delete;
        Incoming(const Incoming&) = delete;
        Incoming& operator=(const Incoming&) = delete;
        ~Incoming();

        /// Writes `bytes` behind what has come, and counts them in. Errors: io/disk_full (no room, or too little would
        /// stay free), io/quota_reached, io/file_io, crypto/digest_failed. After one this is of no more use.
        [[nodiscard]] base::Result<void> append(std::string_view bytes);
        /// The content in its place, durably; this is of no more use. Its sender is known by now. Errors: as `append`.
        [[nodiscard]] base::Result<HeldContent> finish();
        /// Removes what has come, after an error or where it is not wanted any more.
        void discard();

    private:
        friend class SampleStore;
        Incoming(SampleStore& store, Sender sender, std::filesystem::path path, std::unique_ptr<base::GrowingFile> file,
                 ContentDigest digest);

        SampleStore* store_;  // null: moved from
        Sender sender_;
        std::filesystem::path path_;  // empty: there is nothing to remove
        std::unique_ptr<base::GrowingFile> file_;
        ContentDigest digest_;
        std::uint64_t size_ = 0;
    };

    /// `folder` is STATE/samples; it is made (0700) where it is missing. Throws away what a former process left half
    /// written; looks at no content. Errors: io and what base::FileSystem says. `files` must outlive the store, the
    /// store whatever it hands out but holds and intents.
    [[nodiscard]] static base::Result<std::unique_ptr<SampleStore>> open(base::FileSystem& files,
                                                                         const std::filesystem::path& folder,
                                                                         const StoreLimits& limits);
    SampleStore(const SampleStore&) = delete;
    SampleStore& operator=(const SampleStore&) = delete;
    ~SampleStore();

    /// For what begins from now on, and the next pieces of what comes in.
    void set_limits(const StoreLimits& limits);
    /// Of all contents in their places: what `expect` was told, and what changed since, until `look` has seen all.
    [[nodiscard]] std::uint64_t used_bytes() const;
    void expect(std::uint64_t bytes);

    /// Errors: unavailable/busy (StoreLimits::at_once come in), and as Incoming::append.
    [[nodiscard]] base::Result<Incoming> begin(Sender sender = Sender::known);

    /// Opens a content. Errors: not_found/file_missing, io.
    [[nodiscard]] base::Result<std::shared_ptr<const http::OpenFile>> read(std::string_view sha256) const;
    /// Where a content lies, or would.
    [[nodiscard]] std::filesystem::path place(std::string_view sha256) const;

    // ---- settling: a content that bears a mark gets rid of it when it is known what becomes of it.

    /// After the row that refers to it is durable. Errors: io; then the mark stays, and is found by `unsettled`.
    [[nodiscard]] base::Result<void> keep(HeldContent held);

    /// The order of a removal: plan it, mark it, delete the rows, ask the database whether any row refers to the
    /// content, then settle it. Who submits the same content meanwhile has a hold on it or had one, and it stays.
    [[nodiscard]] ContentHolds::Intent plan_removal(const std::string& sha256);
    /// Marks these contents, durably. Errors: io.
    [[nodiscard]] base::Result<void> mark(const std::vector<ContentHolds::Intent>& planned);
    [[nodiscard]] bool is_marked(const std::string& sha256) const;
    /// `referred`: whether any row refers to the content, asked after the plan was made. Takes off its mark, and
    /// removes its file where none does, durably. Does nothing to what bears no mark, and leaves to others what they
    /// hold, held since or want to remove. True: the file is gone now. Errors: io.
    [[nodiscard]] base::Result<bool> settle(const ContentHolds::Intent& planned, bool referred);
    /// What bears a mark: left by a former process, or by what failed; and what is coming in or going out at the
    /// moment.
    [[nodiscard]] base::Result<std::vector<ContentHolds::Intent>> unsettled();

    // ---- comparison with the database: at the start; uploads may go on meanwhile. Removes nothing.

    struct Seen {
        ContentHolds::Intent content;
        std::uint64_t bytes = 0;
    };
    /// The contents whose checksum begins with the same two digits.
    struct Shelf {
        std::vector<Seen> contents;                  ///< sorted
        std::vector<std::filesystem::path> foreign;  ///< files that are no contents
    };
    struct Unknown {
        std::string sha256;
        std::uint64_t bytes = 0;
    };
    struct Difference {
        std::vector<Unknown> unknown;      ///< files that no row refers to, and that are not coming in or going out
        std::vector<std::string> missing;  ///< contents (sha256) that rows refer to, without a file
    };
    /// What lies there under two lower-case hex digits; counts it. To be called before the database is asked.
    [[nodiscard]] base::Result<Shelf> look(const std::string& prefix);
    /// `known`: the checksums with that prefix that rows refer to, in any order.
    [[nodiscard]] Difference compare(const Shelf& shelf, std::vector<std::string> known) const;

private:
    SampleStore(base::FileSystem& files, std::filesystem::path folder, const StoreLimits& limits);
    // What has become of a content that comes in.
    struct Arrival {
        ContentHolds::Hold hold;
        bool marked = false;  // by this one
        bool moved = false;
    };

    [[nodiscard]] base::Result<void> empty_incoming();
    [[nodiscard]] base::Result<std::vector<std::string>> names_in(const std::filesystem::path& folder) const;
    [[nodiscard]] base::Result<HeldContent> put_in_place(Content content, Incoming& incoming);
    [[nodiscard]] base::Result<void> arrive(const Content& content, Incoming& incoming, Arrival& arrival);
    [[nodiscard]] base::Result<bool> announce(const Content& content, Arrival& arrival);
    [[nodiscard]] base::Result<void> move(const Content& content, Incoming& incoming);
    void take_back(const Content& content, Arrival& arrival);
    [[nodiscard]] bool is_stored(const Content& content) const;
    [[nodiscard]] base::Result<void> sync_folders_of(const std::filesystem::path& place);
    [[nodiscard]] base::Result<bool> remove_file(const std::string& sha256);
    [[nodiscard]] base::Result<void> look_into(const std::string& digits, Shelf& shelf);
    void count(std::string_view sha256, std::int64_t bytes);
    [[nodiscard]] base::Result<void> reserve(std::uint64_t bytes, Sender sender);
    [[nodiscard]] base::Result<void> check_quota(std::uint64_t bytes, Sender sender) const;
    [[nodiscard]] base::Result<void> own_up(Incoming& incoming);
    [[nodiscard]] std::uint64_t& coming(Sender sender) { return sender == Sender::known ? coming_ : strange_; }

    base::FileSystem& files_;
    std::filesystem::path folder_;
    ContentMarks marks_;
    std::shared_ptr<ContentHolds> holds_ = std::make_shared<ContentHolds>();
    mutable std::mutex mutex_;  // over what follows
    StoreLimits limits_;
    StoreCount used_;
    std::uint64_t coming_ = 0;   // bytes of what comes in from known senders
    std::uint64_t strange_ = 0;  // the same of others
    std::size_t incoming_ = 0;   // how many come in
};

}  // namespace gatehouse::samples
