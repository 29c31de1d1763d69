// Uploads whose API key may still come, behind the file: their bytes lie on the disk before anybody knows whose they
// are. So that strangers fill no disk with them, only a few are under way at once. Owned by the depot; any thread.
#pragma once

#include "server/net/address.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>

namespace gatehouse::clean {

class KeylessUploads {
    struct Book;

public:
    static constexpr std::size_t most_at_once = 4;
    static constexpr std::size_t most_of_network = 2;

    /// One upload's place; given back with this object, or before. Movable.
    class Place {
    public:
        Place(Place&& other) noexcept = default;
        Place& operator=(Place&& other) = delete;
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place();

    private:
        friend class KeylessUploads;
        Place(std::shared_ptr<Book> book, const net::Address& network) : book_(std::move(book)), network_(network) {}
        std::shared_ptr<Book> book_;  // null: moved from
        net::Address network_;
    };

    KeylessUploads();

    /// A place for an upload of this client; nullopt: all are taken.
    [[nodiscard]] std::optional<Place> take(const net::Address& peer);

private:
    struct Book {
        std::mutex mutex;
        std::size_t all = 0;
        std::unordered_map<net::Address, std::size_t, net::AddressHash> of_network;
    };
    std::shared_ptr<Book> book_;
};

}  // namespace gatehouse::clean
