// A submission as it arrives: the file goes to the store piece by piece, the small fields are kept. Runs as a coroutine
// of the worker that the request came to; hashing, writing and fsync happen on a thread of the pool. Holds a quarter of
// a megabyte while a file comes in.
#pragma once

#include "base/log.hpp"
#include "server/http/body_reader.hpp"
#include "server/http/form.hpp"
#include "server/net/pool.hpp"
#include "server/samples/sample_store.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::clean {

struct SampleFormLimits {
    http::MultipartLimits multipart{.parts = 256};  ///< a hundred tags may be a part each
    std::size_t field_bytes = 64UL * 1024;
    std::size_t all_fields_bytes = 256UL * 1024;
    /// Of fields, with what keeping them takes, that are kept before anybody was asked. More than forms have, but for
    /// hundreds of tags.
    std::size_t unasked_bytes = 16UL * 1024;
};

/// Asked before the first byte of a file is stored, with the fields that came before it (others may follow): an account
/// that may not submit need not send its file first. Before that also once more fields than `unasked_bytes` have come,
/// so that strangers do not fill the memory; with none of them where the form is no multipart one. Tells who sends it,
/// as far as is known by then.
using BeforeMore = std::function<boost::asio::awaitable<http::Judged<samples::Sender>>(const http::Form&)>;

/// Asked once the whole form with its file is there, with all fields, before the file is put in its place: its sender
/// must be known by now.
using WhenWhole = std::function<http::Judged<void>(const http::Form&)>;

/// Where submissions go.
struct SampleIntake {
    samples::SampleStore& store;
    net::Pool& pool;
    SampleFormLimits limits{};
    BeforeMore before_more{};  ///< empty: nobody is asked, and the sender is known
    WhenWhole when_whole{};    ///< the same
    base::Log* log = nullptr;  ///< is told why something could not be stored; null: nobody is
};

struct SampleForm {
    /// The file; nullopt: the form, or the query, has a `url` in its place.
    std::optional<samples::HeldContent> sample;
    std::optional<std::string> filename;  ///< that the file's part says; as shown_file_name
    std::string content_type;             ///< that the file's part says; empty: none
    /// All other parts, in their order, also several of one name.
    http::Form fields{std::vector<http::FormPart>()};
};

/// A file name for people to read and for no other use: what follows its last slash or backslash, characters that would
/// not show as what they are written out (\x00, \u{202E}). nullopt: nothing is left, or "." or "..".
[[nodiscard]] std::optional<std::string> shown_file_name(std::string_view told);

/// What the client is told where something could not be stored: 507 disk_full and quota_reached, 503 busy, 500. The
/// rest is for the log, which null is none of.
[[nodiscard]] http::Refusal store_refusal(const base::Error& error, base::Log* log);

/// Reads the whole body: multipart/form-data, whose part `sample` is the file, or application/x-www-form-urlencoded for
/// what has none; without a body the query has a `url`. Of the other parts, which must be text in UTF-8 without NUL,
/// `url` alone is judged. After a refusal nothing is left in the store. Refusals: 415 (other bodies), 400 bad_form and
/// bad_query, 413 form_too_large, 422 bad_parameter (`sample` twice, both sample and url, neither of them, a field that
/// is no text), 422 sample_empty, those of BodyReader::next, `before_more` and `when_whole`, and 507 disk_full and
/// quota_reached, 503 busy and 500 of the store, which name no file: that is for the log.
[[nodiscard]] boost::asio::awaitable<http::Judged<SampleForm>> read_sample_form(const http::Request& request,
                                                                                http::BodyReader& body,
                                                                                const SampleIntake& intake);

}  // namespace gatehouse::clean
