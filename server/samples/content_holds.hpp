// Who is about to refer to which content, so that none is removed between its file and the row that refers to it. A
// content is held by who is about to put it in its place, until the row is written; and who wants to remove one, or
// only to know, says so before it asks the database whether anybody refers to it. Any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

namespace gatehouse::samples {

class ContentHolds : public std::enable_shared_from_this<ContentHolds> {
public:
    using Lock = std::unique_lock<std::mutex>;

    /// Keeps a content from being removed as long as it lives. Movable; empty when default-made.
    class Hold {
    public:
        Hold() = default;
        Hold(Hold&& other) noexcept = default;
        Hold& operator=(Hold&& other) noexcept;
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        ~Hold() { release(); }
        void release();

    private:
        friend class ContentHolds;
        Hold(std::shared_ptr<ContentHolds> book, std::string sha256, std::uint64_t arrivals, bool joined)
            : book_(std::move(book)), sha256_(std::move(sha256)), arrivals_(arrivals), joined_(joined) {}
        std::shared_ptr<ContentHolds> book_;
        std::string sha256_;
        std::uint64_t arrivals_ = 0;  // of this content, with this one
        bool joined_ = false;         // others held it when this one came
    };

    enum class Aim { look, removal };

    /// The will to remove a content, or to look whether it is referred to: it was told before the database was asked.
    /// Movable.
    class Intent {
    public:
        Intent(Intent&& other) noexcept = default;
        Intent& operator=(Intent&& other) = delete;
        Intent(const Intent&) = delete;
        Intent& operator=(const Intent&) = delete;
        ~Intent();
        [[nodiscard]] const std::string& sha256() const { return sha256_; }

    private:
        friend class ContentHolds;
        Intent(std::shared_ptr<ContentHolds> book, std::string sha256, Aim aim, std::uint64_t arrivals, bool held)
            : book_(std::move(book)), sha256_(std::move(sha256)), aim_(aim), arrivals_(arrivals), held_(held) {}
        std::shared_ptr<ContentHolds> book_;
        std::string sha256_;
        Aim aim_;
        std::uint64_t arrivals_;  // of this content when the intent was told
        bool held_;               // at that time: its row may be missed by who asks the database
    };

    /// One at a time touches the files of a content. Waits for the disk; nothing else here does.
    [[nodiscard]] Lock lock(const std::string& sha256);
    /// With the content's lock, as is what is asked before a file is removed.
    [[nodiscard]] Hold hold(const std::string& sha256, const Lock& locked);
    [[nodiscard]] Intent intend(const std::string& sha256, Aim aim);
    /// Whether nobody held the content at any time since the intent was told.
    [[nodiscard]] bool untouched(const Intent& intent, const Lock& locked);
    /// Whether nobody else wants to remove the content.
    [[nodiscard]] bool is_only(const Intent& intent, const Lock& locked);
    /// Whether nobody else holds the content at present, or wants to remove it.
    [[nodiscard]] bool is_last(const Hold& hold, const Lock& locked);
    /// Whether nobody else has done so at any time since the content is held.
    [[nodiscard]] bool is_alone(const Hold& hold, const Lock& locked);

private:
    struct Entry {
        std::size_t holds = 0;
        std::size_t intents = 0;
        std::size_t removals = 0;  // of the intents
        std::uint64_t arrivals = 0;
    };
    // By the first digit of the checksum, so that a slow disk does not make all wait for one.
    struct Shelf {
        std::mutex files;
        std::mutex counts;                     // guards the entries; never held while the disk works
        std::map<std::string, Entry> entries;  // only of what is held or to be removed
    };
    [[nodiscard]] Shelf& shelf_of(const std::string& sha256);
    // Whatever is counted less, with the shelf's counts locked.
    static void forget_if_idle(Shelf& shelf, const std::string& sha256);

    std::array<Shelf, 16> shelves_;
};

}  // namespace gatehouse::samples
