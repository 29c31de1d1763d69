#include "server/integrations/disposition_body.hpp"

#include <nlohmann/json.hpp>

namespace gatehouse::integrations {

std::string disposition_body(const Disposition& disposition) {
    const nlohmann::ordered_json body{{"sha256", disposition.sha256},
                                      {"md5", disposition.md5},
                                      {"sha1", disposition.sha1},
                                      {"disposition", "malicious"},
                                      {"score", disposition.score},
                                      {"sample", disposition.sample},
                                      {"analyzed_at", http::format_rfc3339(disposition.analyzed_at)}};
    return body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace gatehouse::integrations
