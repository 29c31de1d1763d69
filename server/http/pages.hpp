// A portal's pages at its door: a route for each asset that the build embedded, for anyone, since who is not signed in
// needs the sign-in page. Which portal is the door's to say. Pure; each route is for its worker's thread alone.
#pragma once

#include "portal/assets.hpp"
#include "server/http/router.hpp"

#include <span>
#include <vector>

namespace gatehouse::http {

/// Appends the routes; `assets` must outlive them. Each asset is sent as Accept-Encoding wants it, with an ETag of its
/// own for each coding, and 304 to who has it. A worker copies an asset's bytes once, when they are first asked for.
void add_page_routes(std::vector<Route>& routes, std::span<const portal::Asset> assets);

}  // namespace gatehouse::http
