// Any text as an address that somebody submits, and, behind its first line, as where a server's redirect leads from
// there: what is taken is written and read again as the same, holds nothing that would end the line of a request, and
// is https with a host.
#include "server/net/url.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace gatehouse;

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const base::Result<net::Url>& url) {
    if (!url) {
        require(!url.error().code.empty() && !url.error().message.empty());
        return;
    }
    const auto is_visible = [](char c) { return c > ' ' && c < 0x7f; };
    require(!url->host.empty() && url->port != 0 && url->target.starts_with('/'));
    require(std::all_of(url->host.begin(), url->host.end(), is_visible));
    require(std::all_of(url->target.begin(), url->target.end(), is_visible));
    require(url->host.find_first_of("/?#@\\") == std::string::npos && url->target.find('#') == std::string::npos);
    const auto again = net::parse_https_url(url->text());
    require(again && *again == *url);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const std::size_t line = std::min(text.find('\n'), text.size());
    const auto url = net::parse_https_url(text.substr(0, line));
    check(url);
    if (url && line < text.size()) {
        const auto there = net::resolve_location(*url, text.substr(line + 1));
        check(there);
    }
    return 0;
}
