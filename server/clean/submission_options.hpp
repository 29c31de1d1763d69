// What a submission says of its sample beside the file itself: names, tags, whose eyes it is for, an address in place
// of a file. Pure; any thread.
#pragma once

#include "records/samples.hpp"
#include "server/clean/arguments.hpp"
#include "server/clean/sample_form.hpp"

#include <string>

namespace gatehouse::clean {

/// The sample as arguments and form have it, without content and owner. 422 bad_parameter.
[[nodiscard]] http::Judged<records::NewSample> read_options(const Arguments& arguments, const SampleForm& form);

/// Whether the form has only parts that the portal knows. 422 bad_parameter.
[[nodiscard]] http::Judged<void> check_known_parts(const http::Form& fields);

}  // namespace gatehouse::clean
