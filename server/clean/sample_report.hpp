// report.html: what the analysis made of a sample, as a page of its own for people. Made from the verdict; every text
// in it is shown as text, whatever a sample or an engine wrote there. Pure; any thread.
#pragma once

#include "server/clean/sample_shapes.hpp"

#include <string>
#include <string_view>

namespace gatehouse::clean {

[[nodiscard]] std::string report_page(const records::Sample& sample, const Findings& findings);

/// Its Content-Security-Policy: a page in a sandbox, that loads nothing and has no style but its own.
[[nodiscard]] const std::string& report_policy();

}  // namespace gatehouse::clean
