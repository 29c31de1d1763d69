#include "server/http/outgoing_body.hpp"

#include <algorithm>

namespace gatehouse::http {

namespace {

constexpr std::size_t chunk_bytes = 64UL * 1024;  // four records, sent with one call

}  // namespace

std::string_view OutgoingBody::begin(const Body& body) {
    body_ = &body;
    const std::string_view first = text_of(body).substr(0, chunk_bytes);
    sent_ = first.size();
    return first;
}

bool OutgoingBody::send_chunk(net::TlsConnection& connection, net::BufferPool& buffers) {
    const auto* file = std::get_if<FileBody>(body_);
    if (file == nullptr) {
        const std::string_view chunk = text_of(*body_).substr(sent_, chunk_bytes);
        sent_ += chunk.size();
        return connection.write(chunk);
    }
    const net::Block block = buffers.take(chunk_bytes);
    const std::size_t wanted = std::min<std::uint64_t>(chunk_bytes, file->size - sent_);
    const ssize_t got = file->file->read(file->offset + sent_, {block.data(), wanted});
    if (got <= 0) return false;
    sent_ += static_cast<std::uint64_t>(got);
    return connection.write({block.data(), static_cast<std::size_t>(got)});
}

}  // namespace gatehouse::http
