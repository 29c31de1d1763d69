// What both APIs show of one sample: its verdict, the report for programs and for people, the file in an archive. Each
// as its viewer sees it, so that what one may not see is not there. For handlers, on their workers' threads.
#pragma once

#include "server/clean/asking.hpp"
#include "server/clean/sample_services.hpp"
#include "server/clean/sample_shapes.hpp"

#include <boost/asio/awaitable.hpp>

#include <string>

namespace gatehouse::clean {

template <class T>
using Seen = boost::asio::awaitable<base::Result<T>>;

/// A sample with what the analysis made of it.
struct Examined {
    records::Sample sample;
    Findings findings;
};

// References outlive the calls. Errors of all: not_found/no_sample, those of the database.

[[nodiscard]] Seen<records::Sample> see_sample(const SampleServices& samples, const Asking& asking, std::string id);
/// `with_report`: the engine's own part too. Errors: not_found/no_report before it was judged, unless `early`.
enum class Stage { any, judged };
[[nodiscard]] Seen<Examined> examine_sample(const SampleServices& samples, const Asking& asking, std::string id,
                                            Stage stage);

/// 200 with the page, the document, the archive; else the problem. A download is recorded in the audit.
[[nodiscard]] http::Later answer_report(const SampleServices& samples, Asking asking, std::string id);
[[nodiscard]] http::Later answer_analysis(const SampleServices& samples, Asking asking, std::string id);
[[nodiscard]] http::Later answer_archive(const SampleServices& samples, Asking asking, std::string id);

}  // namespace gatehouse::clean
