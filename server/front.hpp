// What both doors answer without identity: /healthz, and at "/" a plain page with the certificate's facts where no
// folder is served. Values and functions; the page is made on the control thread, the router on its worker's.
#pragma once

#include "config/settings.hpp"
#include "server/credentials/status.hpp"
#include "server/http/folder.hpp"
#include "server/http/response.hpp"
#include "server/http/router.hpp"

#include <memory>
#include <string>
#include <vector>

namespace gatehouse::server {

/// The page as HTML: which door this is, and subject, issuer, validity, names and fingerprint of what it serves.
[[nodiscard]] std::string facts_page(const credentials::DoorStatus& status);

/// One worker's routes at one door. `page` is looked at with each request, so a new page is shown at once; `folder`
/// (may be null) is shared with the handler only. `routes` come before both, behind `gate`.
[[nodiscard]] std::shared_ptr<const http::Router> front_router(const http::SharedBody& page,
                                                               std::shared_ptr<http::Folder> folder,
                                                               std::vector<http::Route> routes, http::Gate gate,
                                                               http::Dress dress = {});

}  // namespace gatehouse::server
