// The lists and searches of the field's API: /api/v2/samples, /api/v2/samples/search, /api/v2/search/submissions. On
// the workers' threads.
#pragma once

#include "records/sample_filter.hpp"
#include "server/clean/sample_services.hpp"
#include "server/http/router.hpp"

#include <string>

namespace gatehouse::clean {

/// What of a search was asked for, from the query or the body.
struct FieldSearch {
    records::SampleFilter filter;
    records::SamplePaging paging;
    std::string words;           ///< that hits are explained with; empty: none
    bool finds_nothing = false;  ///< it asks for something that no sample here has
};

/// GET /api/v2/samples. 422 bad_parameter, as of all.
[[nodiscard]] http::Judged<FieldSearch> read_sample_list(const Arguments& arguments, records::Time now);
/// GET /api/v2/samples/search. At least one criterion is needed: a client that misspells one must not be given all.
[[nodiscard]] http::Judged<FieldSearch> read_sample_search(const Arguments& arguments, records::Time now);
/// GET /api/v2/search/submissions.
[[nodiscard]] http::Judged<FieldSearch> read_submission_search(const Arguments& arguments, records::Time now);

/// Appends the routes; `samples` must outlive them.
void add_field_search_routes(std::vector<http::Route>& routes, const SampleServices& samples);

}  // namespace gatehouse::clean
