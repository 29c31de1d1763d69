#include "server/clean/address_fetch.hpp"

#include "server/clean/sample_form.hpp"
#include "server/http/percent.hpp"

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

namespace gatehouse::clean {

namespace {

namespace asio = boost::asio;
using base::Result;
using http::Judged;
using http::Refusal;

constexpr std::size_t written_at_once = 256UL * 1024;
constexpr int status_ok = 200;

tl::unexpected<Refusal> url_refusal(unsigned status, std::string code, std::string detail) {
    return tl::unexpected<Refusal>({status, std::move(code), std::move(detail)});
}

// What a submitter learns. What lies inside, as which names there are and where they lead, is the operators' matter,
// and so are the servers that were asked: the log has it.
std::string public_words(const net::Url& url, const base::Error& error) {
    const auto is_one_of = [&](std::initializer_list<std::string_view> prefixes) {
        return std::any_of(prefixes.begin(), prefixes.end(),
                           [&](std::string_view prefix) { return error.code.starts_with(prefix); });
    };
    if (error.kind == base::ErrorKind::denied) return "That address may not be fetched.";
    if (is_one_of({"dns_", "name_", "no_name_server"})) return "The name " + url.host + " could not be resolved.";
    if (is_one_of({"connect_", "source_"})) return url.authority() + " could not be connected to.";
    if (error.kind == base::ErrorKind::crypto) return "No TLS connection to " + url.authority() + " could be trusted.";
    return url.authority() + " gave no answer that can be read, or not in time.";
}

// What is the appliance's own doing costs no submission.
tl::unexpected<Refusal> not_fetched(const net::Url& url, const base::Error& error) {
    if (error.code == "cancelled") return url_refusal(503, "stopping", "The server ends. Submit it again in a moment.");
    if (error.code == "busy") return url_refusal(503, "busy", "Too much is being fetched. Try again in a moment.");
    return url_refusal(422, "url_failed", public_words(url, error));
}

// A file while it comes; shared with the sink of its call.
struct Coming {
    std::optional<samples::SampleStore::Incoming> incoming{};
    std::string waiting{};  // not written yet
    bool any = false;
    bool store_failed = false;
};

// Writes what waits, on a thread of the pool.
asio::awaitable<Result<void>> write_waiting(FetchPlace place, std::shared_ptr<Coming> coming) {
    const auto write = [&]() -> Result<void> {
        if (!coming->incoming) {
            auto begun = place.store.begin();
            if (!begun) return base::fail(std::move(begun.error()));
            coming->incoming.emplace(std::move(*begun));
        }
        return coming->incoming->append(coming->waiting);
    };
    auto written = co_await place.pool.run(write, net::Queueing::always);
    coming->waiting.clear();
    coming->store_failed = !written;
    co_return written;
}

asio::awaitable<Result<void>> take_piece(FetchPlace place, std::shared_ptr<Coming> coming, int status,
                                         std::string piece) {
    if (status != status_ok) co_return Result<void>();  // what a redirect or an error says beside is no file
    coming->any = coming->any || !piece.empty();
    coming->waiting += piece;
    if (coming->waiting.size() < written_at_once) co_return Result<void>();
    co_return co_await write_waiting(place, coming);
}

// What has come is removed with it, on the pool's thread.
asio::awaitable<void> throw_away(FetchPlace place, std::shared_ptr<Coming> coming) {
    const auto remove = [&]() -> Result<void> {
        coming->incoming.reset();
        return {};
    };
    (void)co_await place.pool.run(remove, net::Queueing::always);
}

asio::awaitable<Result<samples::HeldContent>> put_in_place(FetchPlace place, std::shared_ptr<Coming> coming) {
    if (!coming->waiting.empty()) {
        auto written = co_await write_waiting(place, coming);
        if (!written) co_return base::fail(std::move(written.error()));
    }
    std::optional<samples::HeldContent> held;
    const auto finish = [&]() -> Result<void> {
        auto finished = coming->incoming->finish();
        coming->incoming.reset();
        if (!finished) return base::fail(std::move(finished.error()));
        held.emplace(std::move(*finished));
        return {};
    };
    const auto done = co_await place.pool.run(finish, net::Queueing::always);
    if (!done) co_return base::fail(done.error());
    co_return std::move(*held);
}

net::HttpsRequest request_for(const net::Url& url, const FetchLimits& limits) {
    net::HttpsRequest request;
    request.url = url;
    request.fields = {{"Accept", "*/*"}};
    request.network = config::Network::dirty;
    request.policy = limits.policy;
    request.most_body_bytes = limits.bytes;
    request.deadlines.whole = limits.whole;
    return request;
}

bool leads_elsewhere(int status) {
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// One answer of one address.
struct Fetched {
    std::optional<samples::HeldContent> held{};  // of 200
    std::optional<net::Url> elsewhere{};         // of a redirect
};

asio::awaitable<Judged<Fetched>> fetch_one(FetchPlace place, net::Url url, FetchLimits limits) {
    const auto coming = std::make_shared<Coming>();
    auto request = request_for(url, limits);
    request.sink = [place, coming](const net::ResponseHead& head, std::string piece) {
        return take_piece(place, coming, head.status, std::move(piece));
    };
    auto calling = place.client.call(std::move(request));
    auto response = co_await std::move(calling);
    Fetched fetched;
    if (response && response->head.status == status_ok && coming->any) {
        auto held = co_await put_in_place(place, coming);
        if (held) {
            fetched.held.emplace(std::move(*held));
            co_return fetched;
        }
        coming->store_failed = true;
        response = base::fail(std::move(held.error()));
    }
    co_await throw_away(place, coming);
    if (!response && coming->store_failed)
        co_return tl::unexpected<Refusal>(store_refusal(response.error(), &place.log));
    if (!response && response.error().code == "answer_too_large") {
        co_return url_refusal(413, "url_too_large",
                              "What " + url.authority() + " sends is larger than the " + std::to_string(limits.bytes) +
                                  " bytes that a sample may have.");
    }
    if (!response) {
        place.log.info("sample.not_fetched", url.authority() + " was not fetched. " + response.error().text(),
                       {{"code", response.error().code}});
        co_return not_fetched(url, response.error());
    }
    const int status = response->head.status;
    if (status == status_ok) co_return url_refusal(422, "url_empty", url.authority() + " answers with nothing.");
    if (!leads_elsewhere(status)) {
        co_return url_refusal(422, "url_failed",
                              url.authority() + " answers with status " + std::to_string(status) + ".");
    }
    const auto location = net::resolve_location(url, response->head.field("Location").value_or(""));
    if (!location) {
        co_return url_refusal(422, "url_failed", url.authority() + " leads elsewhere: " + location.error().text());
    }
    fetched.elsewhere = *location;
    co_return fetched;
}

}  // namespace

asio::awaitable<Judged<samples::HeldContent>> fetch_content(FetchPlace place, net::Url url, FetchLimits limits) {
    const auto until = std::chrono::steady_clock::now() + limits.whole;
    for (unsigned redirects = 0; redirects <= limits.redirects; ++redirects) {
        limits.whole = std::chrono::ceil<std::chrono::seconds>(until - std::chrono::steady_clock::now());
        if (limits.whole.count() <= 0) co_return url_refusal(422, "url_failed", "Fetching it took too long.");
        auto fetched = co_await fetch_one(place, url, limits);
        if (!fetched) co_return tl::unexpected<Refusal>(std::move(fetched.error()));
        if (fetched->held) co_return std::move(*fetched->held);
        url = std::move(*fetched->elsewhere);
    }
    co_return url_refusal(422, "url_failed",
                          "The address leads to others more than " + std::to_string(limits.redirects) + " times.");
}

std::string file_name_of(const net::Url& url) {
    const std::string_view path = std::string_view(url.target).substr(0, url.target.find('?'));
    const std::string_view segment = path.substr(path.rfind('/') + 1);
    std::string name;
    if (!http::append_unescaped(segment, http::Plus::itself, name)) name = segment;
    return shown_file_name(name).value_or(url.host);
}

}  // namespace gatehouse::clean
