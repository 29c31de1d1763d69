// A submission from the request to the row: who submits (the key may come behind the file), the upload into the store,
// the options, the limits of the public API, and the record. First the content is durable in its place, then the row
// is, then it is answered. For handlers, on their workers' threads.
#pragma once

#include "records/samples.hpp"
#include "server/clean/sample_form.hpp"
#include "server/clean/sample_services.hpp"

#include <boost/asio/awaitable.hpp>
#include <tl/expected.hpp>

#include <chrono>
#include <string>

namespace gatehouse::clean {

template <class T>
using Admitted = boost::asio::awaitable<tl::expected<T, http::Response>>;

/// By the public API: the key in header, query or form, the options in query or form; the submission limits count.
/// References outlive the call.
[[nodiscard]] Admitted<records::Sample> submit_by_key(const SampleServices& samples, const http::Request& request,
                                                      http::BodyReader& body);
/// By the portal: for who is signed in, without limits; parts that are not known are refused.
[[nodiscard]] Admitted<records::Sample> submit_signed_in(const SampleServices& samples, const http::Request& request,
                                                         http::BodyReader& body);

/// "59 seconds", "3 minutes", "2 hours 5 minutes": rounded up to what one says.
[[nodiscard]] std::string wait_in_words(std::chrono::seconds wait);

/// As what `sample_password` of this box's samples is sealed.
inline constexpr std::string_view sample_password_label = "sample_password";

}  // namespace gatehouse::clean
