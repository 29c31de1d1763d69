#include "server/http/plaintext.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gatehouse::http {

net::Io Plaintext::read(net::TlsConnection& connection, net::BufferPool& buffers, std::size_t wanted) {
    wanted = std::max<std::size_t>(net::BufferPool::small, wanted);
    if (!block_) block_ = buffers.take(wanted);
    if (begin_ > 0) {
        std::memmove(block_.data(), block_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        ::explicit_bzero(block_.data() + end_, begin_);  // what was moved stands there a second time
        begin_ = 0;
    }
    if (end_ == block_.capacity()) {  // more is wanted than when the block was taken
        auto bigger = buffers.take(std::max(wanted, block_.capacity() + 1));
        std::memcpy(bigger.data(), block_.data(), end_);
        ::explicit_bzero(block_.data(), end_);
        block_ = std::move(bigger);
    }
    std::size_t got = 0;
    const net::Io io = connection.read({block_.data() + end_, block_.capacity() - end_}, got);
    if (io == net::Io::done) end_ += static_cast<std::uint32_t>(got);
    if (end_ == 0) block_.release();
    return io;
}

void Plaintext::consume(std::size_t bytes) {
    ::explicit_bzero(block_.data() + begin_, bytes);
    begin_ += static_cast<std::uint32_t>(bytes);
    if (begin_ == end_) {
        begin_ = end_ = 0;
        block_.release();
    }
}

}  // namespace gatehouse::http
