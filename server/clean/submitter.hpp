// Who submits to the public API: its key may stand in the query, a header, a field before the file or one behind it, so
// that who it is becomes known while the body comes. Made for one submission, on its worker's thread.
#pragma once

#include "server/clean/sample_services.hpp"
#include "server/http/body_reader.hpp"
#include "server/http/form.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <optional>

namespace gatehouse::clean {

class Submitter {
public:
    /// How long an upload may take whose key has not come.
    static constexpr std::chrono::minutes key_for{15};

    /// What is referred to outlives this.
    Submitter(const SampleServices& samples, const http::Request& request, http::BodyReader& body)
        : samples_(samples), request_(request), body_(body) {}

    /// Looks for the key in what is known so far; without one nobody is known, which is no refusal yet. Refusals: those
    /// of presented_by and judge_presented.
    [[nodiscard]] http::Judged<void> identify(const Arguments& arguments);
    /// As BeforeMore; again where more is known by then. Refusals: as `identify`; 429 submission_limit_reached (see
    /// `wait`), 429 too_many_requests where as many uploads are under way as may be. While nobody is known the body is
    /// refused after `key_for`: 408 key_late.
    [[nodiscard]] boost::asio::awaitable<http::Judged<samples::Sender>> before_more(const http::Form& fields);
    /// With all fields: who it is must be known now. Refusals: as `identify`, and 401 where no key has come.
    [[nodiscard]] http::Judged<void> require(const http::Form& fields);

    /// Null: not known yet.
    [[nodiscard]] const MemberPtr& member() const { return member_; }
    /// Until it may submit again; 0: it may, as far as is known.
    [[nodiscard]] std::chrono::seconds wait() const { return wait_; }

private:
    [[nodiscard]] http::Judged<void> take_place();

    const SampleServices& samples_;
    const http::Request& request_;
    http::BodyReader& body_;
    MemberPtr member_;
    std::optional<Places::Place> place_;                    // once a file comes, or many fields
    samples::Sender placed_as_ = samples::Sender::unknown;  // whose place it is
    std::chrono::seconds wait_{0};
};

/// A place for an upload of this user. Refusal: 429 too_many_requests.
[[nodiscard]] http::Judged<Places::Place> place_for(const SampleServices& samples, const records::User& user);

}  // namespace gatehouse::clean
