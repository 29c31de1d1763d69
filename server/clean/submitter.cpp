#include "server/clean/submitter.hpp"

#include "records/rate_limits.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::clean {

namespace {

using http::Judged;
using http::Refusal;

Refusal key_late() {
    return {408, "key_late",
            "The API key has not come within " + std::to_string(Submitter::key_for.count()) +
                " minutes. Send it before the file: as the parameter api_key of the address, or by Authorization: "
                "bearer KEY."};
}

}  // namespace

Judged<Places::Place> place_for(const SampleServices& samples, const records::User& user) {
    if (auto place = samples.uploads.take(std::to_string(user.id))) return std::move(*place);
    return tl::unexpected<Refusal>(
        {429, "too_many_requests",
         "As many uploads come in already as this account, or all together, may have under way (" +
             std::to_string(samples.uploads.limits().of_holder) + ", " +
             std::to_string(samples.uploads.limits().in_all) + "). Begin the next when one is done."});
}

Judged<void> Submitter::identify(const Arguments& arguments) {
    const auto presented = presented_by(request_, arguments);
    if (!presented) return tl::unexpected<Refusal>(presented.error());
    if (presented->nothing()) return {};
    auto member = judge_presented(samples_.door, *presented);
    if (!member) return tl::unexpected<Refusal>(std::move(member.error()));
    member_ = std::move(*member);
    return {};
}

Judged<void> Submitter::take_place() {
    if (member_) {
        auto place = place_for(samples_, member_->user);
        if (!place) return tl::unexpected<Refusal>(std::move(place.error()));
        place_.emplace(std::move(*place));
        placed_as_ = samples::Sender::known;
        body_.end_never();
        return {};
    }
    if (auto place = samples_.keyless_uploads.take(request_.peer.network().text())) {
        place_.emplace(std::move(*place));
        body_.end_after(key_for, key_late());
        return {};
    }
    return tl::unexpected<Refusal>({429, "too_many_requests",
                                    "Too many uploads whose API key stands behind the file, or behind many fields, "
                                    "come in already. Send the key before it: as the "
                                    "parameter api_key of the address, or by Authorization: bearer KEY."});
}

boost::asio::awaitable<Judged<samples::Sender>> Submitter::before_more(const http::Form& fields) {
    const auto arguments = Arguments::read(request_, fields.parts());
    if (!arguments) co_return tl::unexpected<Refusal>(arguments.error());
    if (auto identified = identify(*arguments); !identified)
        co_return tl::unexpected<Refusal>(std::move(identified.error()));
    const samples::Sender sender = member_ ? samples::Sender::known : samples::Sender::unknown;
    if (place_ && placed_as_ == sender) co_return sender;
    if (auto taken = take_place(); !taken) co_return tl::unexpected<Refusal>(std::move(taken.error()));
    if (!member_) co_return sender;
    // Who has no submission left need not send it all first. It is counted when it is recorded.
    const records::User& user = member_->user;
    const auto wait =
        co_await samples_.door.archive->run([&](records::Database& database) -> base::Result<std::chrono::seconds> {
            const auto now = records::now();
            records::RateLimits limits(database);
            const auto own = limits.of_user(user.id, now);
            if (!own) return base::fail(own.error());
            const auto shared = limits.of_organization(user.organization_id, now);
            if (!shared) return base::fail(shared.error());
            return std::max(own->wait, shared->wait);
        });
    if (wait && wait->count() > 0) {
        wait_ = *wait;
        co_return tl::unexpected<Refusal>({429, "submission_limit_reached", "No submission is left."});
    }
    co_return sender;
}

Judged<void> Submitter::require(const http::Form& fields) {
    const auto arguments = Arguments::read(request_, fields.parts());
    if (!arguments) return tl::unexpected<Refusal>(arguments.error());
    if (auto identified = identify(*arguments); !identified) return identified;
    if (!member_) return tl::unexpected<Refusal>(judge_presented(samples_.door, {}).error());
    return {};
}

}  // namespace gatehouse::clean
