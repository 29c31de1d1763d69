// How many things that cost room may be under way at once (uploads, archives that are being fetched): in all, and for
// one holder, so that nobody takes the places of all others. Owned by the depot; any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace gatehouse::clean {

class Places {
    struct Book;

public:
    struct Limits {
        std::size_t in_all;
        std::size_t of_holder;
    };

    /// Given back with this object. Movable; may outlive the Places.
    class Place {
    public:
        Place(Place&& other) noexcept = default;
        Place& operator=(Place&& other) = delete;
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place();

    private:
        friend class Places;
        Place(std::shared_ptr<Book> book, std::string holder) : book_(std::move(book)), holder_(std::move(holder)) {}
        std::shared_ptr<Book> book_;  // null: moved from
        std::string holder_;
    };

    explicit Places(const Limits& limits);

    /// nullopt: all are taken, or as many by this holder as it may have.
    [[nodiscard]] std::optional<Place> take(std::string holder);
    [[nodiscard]] const Limits& limits() const { return limits_; }

private:
    struct Book {
        std::mutex mutex;
        std::size_t taken = 0;
        std::unordered_map<std::string, std::size_t> of_holder;
    };
    const Limits limits_;
    std::shared_ptr<Book> book_;
};

}  // namespace gatehouse::clean
