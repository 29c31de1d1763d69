// What somebody wishes of a door's certificate, read from the body of the request that asks for it, and what of such a
// body is refused by those who make certificates. Pure; any thread.
#pragma once

#include "certstore/bundle.hpp"
#include "certstore/request.hpp"
#include "server/credentials/change.hpp"
#include "server/http/form.hpp"
#include "server/http/request.hpp"
#include "server/http/response.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::admin {

/// What the form of an upload may have.
inline constexpr std::uint64_t most_upload_bytes = 1024UL * 1024;

/// The parts of an upload's form, as they came.
struct Parts {
    http::Form form;  ///< what the pieces refer to
    std::vector<certstore::Piece> pieces;
    base::Secret passphrase;
};
[[nodiscard]] http::Judged<Parts> read_parts(const http::Request& request);
[[nodiscard]] credentials::Upload upload_of(certstore::Bundle bundle);

[[nodiscard]] http::Judged<credentials::Regenerate> read_regenerate(const http::Request& request);
/// Of the names of a self-signed certificate the first that can't stand in one.
[[nodiscard]] std::optional<http::Refusal> judge_names(const std::vector<std::string>& names);

/// `hostname`: the name where the request says none.
[[nodiscard]] http::Judged<certstore::RequestWish> read_request_wish(const http::Request& request,
                                                                     const std::string& hostname);
/// Why certstore would not make the request, with a pointer to the member at fault.
[[nodiscard]] http::Response refused_request(const base::Error& error, const certstore::RequestWish& wish);

}  // namespace gatehouse::admin
