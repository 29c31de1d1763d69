// What a session has decrypted and not used yet. Holds a block from its worker's pool only while there are bytes, and
// wipes what was used, since a request may hold passwords and keys. Owned by the session, the worker's thread only.
#pragma once

#include "server/net/buffers.hpp"
#include "server/net/tls_connection.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace gatehouse::http {

class Plaintext {
public:
    [[nodiscard]] std::string_view view() const { return {block_.data() + begin_, end_ - begin_}; }
    [[nodiscard]] bool empty() const { return begin_ == end_; }

    /// Reads more behind what is there, up to `wanted` bytes in all, at least one more than there are.
    [[nodiscard]] net::Io read(net::TlsConnection& connection, net::BufferPool& buffers, std::size_t wanted);
    /// The first `bytes` are used; the block is given back with the last one.
    void consume(std::size_t bytes);

private:
    net::Block block_;  // [begin, end)
    std::uint32_t begin_ = 0;
    std::uint32_t end_ = 0;
};

}  // namespace gatehouse::http
