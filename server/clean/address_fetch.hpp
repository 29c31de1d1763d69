// Fetches the file behind an address that somebody submits into the store: by https, on the dirty network alone, from
// nobody's private place. Runs on the outbound client's executor; hashing and writing happen on a thread of the pool.
#pragma once

#include "base/log.hpp"
#include "server/http/flaw.hpp"
#include "server/net/https_client.hpp"
#include "server/net/pool.hpp"
#include "server/samples/sample_store.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>

namespace gatehouse::clean {

struct FetchLimits {
    std::uint64_t bytes = 0;
    unsigned redirects = 5;
    std::chrono::seconds whole{60};
    /// Asked about every address that is called.
    net::AddressPolicy policy = net::refuse_private;
};

/// Where fetched files go. All outlive the fetch.
struct FetchPlace {
    net::HttpsClient& client;
    samples::SampleStore& store;
    net::Pool& pool;
    base::Log& log;
};

/// What the last address answers with 200, redirects followed, all of them https. Nothing is left of what failed.
/// Refusals, which tell nothing of what is inside (the log does): 422 url_failed, url_empty; 413 url_too_large; those
/// of store_refusal.
[[nodiscard]] boost::asio::awaitable<http::Judged<samples::HeldContent>> fetch_content(FetchPlace place, net::Url url,
                                                                                       FetchLimits limits);

/// What a file from there is called for people: the last segment of the path, else the host.
[[nodiscard]] std::string file_name_of(const net::Url& url);

}  // namespace gatehouse::clean
