#include "server/http/body_reader.hpp"

#include <utility>

namespace gatehouse::http {

boost::asio::awaitable<BodyReader::Piece> WholeBody::next() {
    std::optional<std::string_view> piece;
    if (!bytes_.empty()) piece = std::exchange(bytes_, std::string_view());
    co_return Piece(piece);
}

}  // namespace gatehouse::http
