#include "server/clean/submission.hpp"

#include "config/seal.hpp"
#include "records/rate_limits.hpp"
#include "records/users.hpp"
#include "server/clean/sample_events.hpp"
#include "server/clean/submission_options.hpp"
#include "server/clean/submitter.hpp"
#include "server/http/accept.hpp"
#include "server/samples/retention.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace gatehouse::clean {

namespace {

using base::Result;
using http::Judged;
using http::Refusal;
using records::Database;

tl::unexpected<http::Response> answer(const Refusal& refusal) {
    return tl::unexpected<http::Response>(http::problem(refusal));
}

// ---- refusals that are recorded

// What is refused for the appliance's limits or rules is worth a record; a slip of a script is not.
bool is_recorded(unsigned status) {
    constexpr unsigned forbidden = 403;
    constexpr unsigned too_large = 413;
    constexpr unsigned too_many = 429;
    constexpr unsigned no_room = 507;
    return status == forbidden || status == too_large || status == too_many || status == no_room;
}

// Somebody was called for it, whom the submitter chose.
bool was_called(std::string_view code) {
    return code == "url_failed" || code == "url_empty" || code == "url_too_large";
}

boost::asio::awaitable<void> record_refusal(const SampleServices& samples, const Asking& asking, unsigned status,
                                            std::string code) {
    if (!is_recorded(status) && !was_called(code)) co_return;
    archive::Refused refused{.name = asking.member->user.login, .code = std::move(code), .via = asking.via};
    co_await archive::note_refusal(trail_of(samples.door), samples.storage.refusals, asking.request,
                                   samples::sample_refusals, std::move(refused));
}

// Places come free as uploads end.
tl::unexpected<http::Response> refuse_too_many(const Refusal& refusal) {
    auto refused = answer(refusal);
    refused.value().fields.emplace_back("Retry-After", "10");
    return refused;
}

// ---- the row

http::Response too_often(std::chrono::seconds wait) {
    auto response =
        http::problem(429, "submission_limit_reached",
                      "The submissions of this time are used up. Submit again in " + wait_in_words(wait) + ".");
    response.fields.emplace_back("Retry-After", std::to_string(wait.count()));
    return response;
}

struct Row {
    std::chrono::seconds wait{0};  // not 0: nothing was recorded
    std::optional<records::Sample> sample;
};

Result<Row> record(Database& database, const records::NewSample& fresh, bool limited) {
    const auto now = records::now();
    auto transaction = records::Transaction::begin(database);
    if (!transaction) return base::fail(transaction.error());
    // It may have been de-activated while the body came.
    const auto owner = records::Users(database).find(fresh.owner.user_id);
    if (!owner) return base::fail(owner.error());
    if (!*owner || !records::is_let_in(**owner))
        return base::fail(base::ErrorKind::denied, "account_deactivated", "This account is de-activated.");
    if (limited) {
        const auto wait = records::RateLimits(database).take({fresh.owner.user_id, fresh.owner.organization_id}, now);
        if (!wait) return base::fail(wait.error());
        if (wait->count() > 0) return Row{*wait, std::nullopt};
    }
    auto sample = records::Samples(database).submit(fresh, now);
    if (!sample) return base::fail(sample.error());
    if (auto committed = transaction->commit(); !committed) return base::fail(committed.error());
    return Row{{}, std::move(*sample)};
}

// Without keeping the answer waiting: the mark takes a thread that may have a large file to write first.
boost::asio::awaitable<void> keep(const SampleServices& samples, samples::HeldContent held) {
    const auto take_off = [&]() -> Result<void> {
        const auto kept = samples.storage.store->keep(std::move(held));
        if (!kept) {
            samples.door.log.warning("sample.not_settled",
                                     kept.error().text() + " The sample is stored; this is tried again in a minute.",
                                     {{"code", kept.error().code}});
        }
        return {};
    };
    // Of no more use here, and the depot may be gone: what is left undone is done in a minute, or at the end.
    (void)co_await samples.storage.writing.run(take_off, net::Queueing::always);
}

Admitted<records::Sample> settle(const SampleServices& samples, const Asking& asking, records::NewSample fresh,
                                 samples::HeldContent held, bool limited) {
    const records::User& user = asking.member->user;
    fresh.content = records::Content{held.content.sha256, held.content.sha1, held.content.md5,
                                     static_cast<std::int64_t>(held.content.size)};
    fresh.owner.user_id = user.id;
    fresh.owner.organization_id = user.organization_id;
    fresh.login = user.login;
    auto row = co_await samples.door.archive->run([&](Database& database) { return record(database, fresh, limited); });
    if (!row) {
        co_await samples::let_go(samples.storage, std::move(held));
        archive::log_failure(samples.door.log, "sample.submitted", row.error());
        auto refused = http::refused(row.error());
        co_await record_refusal(samples, asking, refused.status, row.error().code);
        co_return tl::unexpected<http::Response>(std::move(refused));
    }
    if (row->wait.count() > 0) {
        co_await samples::let_go(samples.storage, std::move(held));
        auto refused = too_often(row->wait);
        std::string code = "submission_limit_reached";
        co_await record_refusal(samples, asking, refused.status, std::move(code));
        co_return tl::unexpected<http::Response>(std::move(refused));
    }
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::co_spawn(executor, keep(samples, std::move(held)), boost::asio::detached);
    tell_sample_changed(samples.door.events, *row->sample);
    samples.wake_analysis();
    co_return std::move(*row->sample);
}

// ---- the content

// An address that can't be fetched counts as a submission: who tries many to see what answers is not let on. What the
// database does not take is not counted, but refused all the same.
boost::asio::awaitable<void> charge(const SampleServices& samples, const Asking& asking) {
    const records::User& user = asking.member->user;
    const records::Submitter who{user.id, user.organization_id};
    const auto taken = co_await samples.door.archive->run([who](Database& database) -> Result<void> {
        auto transaction = records::Transaction::begin(database);
        if (!transaction) return base::fail(transaction.error());
        if (const auto wait = records::RateLimits(database).take(who, records::now()); !wait)
            return base::fail(wait.error());
        return transaction->commit();
    });
    if (!taken) archive::log_failure(samples.door.log, "sample.submitted", taken.error());
}

tl::unexpected<Refusal> bad_address(const base::Error& error) {
    return tl::unexpected<Refusal>({422, "bad_parameter", "The parameter url can't be fetched. " + error.text()});
}

boost::asio::awaitable<Judged<samples::HeldContent>> fetch_address(const SampleServices& samples,
                                                                   const std::string& address) {
    if (samples.storage.settings().url_fetch == config::UrlFetch::refuse) {
        co_return tl::unexpected<Refusal>(
            {422, "url_refused",
             "This appliance fetches no addresses: its operators have not allowed it. Send the file."});
    }
    auto url = net::parse_https_url(address);
    if (!url) co_return bad_address(url.error());
    auto fetching = samples.fetch(std::move(*url));
    co_return co_await std::move(fetching);
}

// The log says what a 5xx does not.
tl::unexpected<http::Response> refuse_form(const SampleServices& samples, const Refusal& refusal) {
    constexpr unsigned first_of_ours = 500;
    if (refusal.status >= first_of_ours) {
        samples.door.log.error("request.failed", "A sample was not stored. " + refusal.detail,
                               {{"code", refusal.code}, {"action", "sample.submitted"}});
    }
    return answer(refusal);
}

base::Secret password_key(const base::Secret& box_key) {
    return config::derived_key(config::main_key_of(box_key.reveal()), 1, "samples_");
}

Admitted<records::Sample> finish(const SampleServices& samples, const Asking& asking, const Arguments& arguments,
                                 SampleForm form, bool limited) {
    auto fresh = read_options(arguments, form);
    if (!fresh && form.sample) co_await samples::let_go(samples.storage, std::move(*form.sample));
    if (!fresh) co_return answer(fresh.error());
    if (const auto password = arguments.find("sample_password"); password && !password->empty())
        fresh->sealed_password = config::seal(*password, sample_password_label, password_key(samples.door.box_key));
    if (!form.sample) {
        auto held = co_await fetch_address(samples, fresh->url);
        if (!held) {
            if (limited && was_called(held.error().code)) co_await charge(samples, asking);
            co_await record_refusal(samples, asking, held.error().status, held.error().code);
            co_return refuse_form(samples, held.error());
        }
        form.sample.emplace(std::move(*held));
    }
    co_return co_await settle(samples, asking, std::move(*fresh), std::move(*form.sample), limited);
}

// ---- who submits by key

bool may_hold_key(const http::Request& request) {
    const auto type = http::body_type(request);
    return type == http::BodyType::multipart || type == http::BodyType::form;
}

// A refusal while the body came.
Admitted<records::Sample> refuse_arriving(const SampleServices& samples, const http::Request& request,
                                          const Submitter& submitter, const Refusal& refusal) {
    if (submitter.member()) {
        const Asking asking{request, submitter.member(), records::Via::token};
        co_await record_refusal(samples, asking, refusal.status, refusal.code);
    }
    if (submitter.wait().count() > 0) co_return tl::unexpected<http::Response>(too_often(submitter.wait()));
    if (refusal.code == "too_many_requests") co_return refuse_too_many(refusal);
    co_return answer(refusal);
}

SampleIntake intake_of(const SampleServices& samples) {
    return {.store = *samples.storage.store, .pool = samples.storage.writing, .log = &samples.door.log};
}

}  // namespace

std::string wait_in_words(std::chrono::seconds wait) {
    constexpr std::int64_t minute = 60;
    constexpr std::int64_t hour = 3600;
    const auto of = [](std::int64_t count, std::string_view what) {
        return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
    };
    if (wait.count() < minute) return of(wait.count(), "second");
    const std::int64_t minutes = (wait.count() + minute - 1) / minute;
    if (minutes * minute < hour) return of(minutes, "minute");
    const std::int64_t rest = minutes % minute;
    return of(minutes / minute, "hour") + (rest == 0 ? "" : " " + of(rest, "minute"));
}

Admitted<records::Sample> submit_by_key(const SampleServices& samples, const http::Request& request,
                                        http::BodyReader& body) {
    Submitter submitter(samples, request, body);
    const auto of_address = Arguments::read(request, std::vector<http::FormPart>());
    if (!of_address) co_return answer(of_address.error());
    if (const auto identified = submitter.identify(*of_address); !identified) co_return answer(identified.error());
    if (!submitter.member() && !may_hold_key(request)) co_return answer(judge_presented(samples.door, {}).error());
    SampleIntake intake = intake_of(samples);
    intake.before_more = [&submitter](const http::Form& fields) { return submitter.before_more(fields); };
    intake.when_whole = [&submitter](const http::Form& fields) { return submitter.require(fields); };
    auto form = co_await read_sample_form(request, body, intake);
    if (!form) co_return co_await refuse_arriving(samples, request, submitter, form.error());
    const auto arguments = Arguments::read(request, form->fields.parts());
    if (!arguments) co_return answer(arguments.error());  // of a form without a file: `when_whole` has read the others
    if (!form->sample) {
        // Nothing came that would have asked before.
        if (const auto known = submitter.require(form->fields); !known) co_return answer(known.error());
        const auto may = co_await submitter.before_more(form->fields);
        if (!may) co_return co_await refuse_arriving(samples, request, submitter, may.error());
    }
    const Asking asking{request, submitter.member(), records::Via::token};
    co_return co_await finish(samples, asking, *arguments, std::move(*form), true);
}

Admitted<records::Sample> submit_signed_in(const SampleServices& samples, const http::Request& request,
                                           http::BodyReader& body) {
    const Asking asking = signed_in(request);
    const auto place = place_for(samples, asking.member->user);
    if (!place) co_return refuse_too_many(place.error());
    const SampleIntake intake = intake_of(samples);
    auto form = co_await read_sample_form(request, body, intake);
    if (!form) {
        co_await record_refusal(samples, asking, form.error().status, form.error().code);
        co_return answer(form.error());
    }
    const auto arguments = Arguments::read(request, form->fields.parts());
    Judged<void> judged = arguments ? check_known_parts(form->fields) : tl::unexpected<Refusal>(arguments.error());
    if (!judged) {
        if (form->sample) co_await samples::let_go(samples.storage, std::move(*form->sample));
        co_return answer(judged.error());
    }
    co_return co_await finish(samples, asking, *arguments, std::move(*form), false);
}

}  // namespace gatehouse::clean
