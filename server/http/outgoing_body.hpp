// The body of one response while it is sent: a text or a file, chunk by chunk. Never more than a chunk is encrypted
// ahead of a client: one that does not read costs no more than that. Owned by who serves the connection, its thread
// only.
#pragma once

#include "server/http/response.hpp"
#include "server/net/buffers.hpp"
#include "server/net/tls_connection.hpp"

#include <cstdint>
#include <string_view>

namespace gatehouse::http {

class OutgoingBody {
public:
    /// Begins to send `body`, which must outlive this. What is to leave with the head, as one record.
    [[nodiscard]] std::string_view begin(const Body& body);
    /// Whether nothing of it is left. A stream counts as complete: it is not sent from here.
    [[nodiscard]] bool complete() const { return sent_ == body_size(*body_); }
    /// Encrypts the next chunk. False: the connection ends, because of an error of its own or because the file became
    /// shorter and its length was promised; breaking off tells the client.
    [[nodiscard]] bool send_chunk(net::TlsConnection& connection, net::BufferPool& buffers);

private:
    const Body* body_ = nullptr;
    std::uint64_t sent_ = 0;
};

}  // namespace gatehouse::http
