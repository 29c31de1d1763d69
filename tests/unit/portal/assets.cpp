#include "portal/assets.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace gatehouse::portal::assets_test {
namespace {

const Asset* find(std::string_view path) {
    const auto assets = admin_assets();
    const auto found = std::ranges::find(assets, path, &Asset::path);
    return found == assets.end() ? nullptr : &*found;
}

/// The size that gzip's trailer declares for what it holds (RFC 1952, ISIZE).
std::uint32_t declared_size(std::string_view gzip) {
    std::uint32_t size = 0;
    for (std::size_t i = 0; i < 4; ++i)
        size |= std::uint32_t{static_cast<unsigned char>(gzip[gzip.size() - 4 + i])} << (8 * i);
    return size;
}

/// The value of every attribute `name="..."`.
std::set<std::string> attributes(std::string_view html, std::string_view name) {
    std::set<std::string> values;
    const std::string opening = std::string(name) + "=\"";
    for (auto at = html.find(opening); at != std::string_view::npos; at = html.find(opening, at)) {
        at += opening.size();
        values.emplace(html.substr(at, html.find('"', at) - at));
    }
    return values;
}

}  // namespace

TEST_CASE("The page is there, is HTML and is never cached for good") {
    const Asset* page = find("/");
    REQUIRE(page != nullptr);
    CHECK(page->content_type == "text/html; charset=utf-8");
    CHECK_FALSE(page->immutable);
    CHECK(page->raw.starts_with("<!doctype html>"));
}

TEST_CASE("Whatever the page names is in the table and may be cached for good") {
    const Asset* page = find("/");
    REQUIRE(page != nullptr);
    auto named = attributes(page->raw, "src");
    named.merge(attributes(page->raw, "href"));
    REQUIRE(named.size() >= 3);
    for (const std::string& path : named) {
        INFO(path);
        const Asset* asset = find(path);
        REQUIRE(asset != nullptr);
        CHECK(asset->immutable);
    }
}

TEST_CASE("The page holds nothing that its content security policy forbids") {
    const Asset* page = find("/");
    REQUIRE(page != nullptr);
    CHECK(attributes(page->raw, "style").empty());
    CHECK(page->raw.find("<style") == std::string_view::npos);
    CHECK(page->raw.find("data:") == std::string_view::npos);
    CHECK(page->raw.find("://") == std::string_view::npos);
    for (auto at = page->raw.find("<script"); at != std::string_view::npos; at = page->raw.find("<script", at + 1))
        CHECK(page->raw.substr(at, page->raw.find('>', at) - at).find(" src=") != std::string_view::npos);
}

TEST_CASE("Each asset has a type, a tag of its own and compressed forms that are smaller") {
    std::set<std::string_view> paths;
    std::set<std::string_view> tags;
    for (const Asset& asset : admin_assets()) {
        INFO(asset.path);
        CHECK(asset.path.starts_with('/'));
        CHECK_FALSE(asset.content_type.empty());
        CHECK_FALSE(asset.raw.empty());
        CHECK(asset.etag.size() == 32);
        CHECK(paths.insert(asset.path).second);
        CHECK(tags.insert(asset.etag).second);
        if (!asset.gzip.empty()) {
            CHECK(asset.gzip.size() < asset.raw.size());
            CHECK(asset.gzip.starts_with("\x1f\x8b"));
            CHECK(declared_size(asset.gzip) == asset.raw.size());
        }
        if (!asset.brotli.empty()) CHECK(asset.brotli.size() < asset.raw.size());
        const bool text = asset.path.ends_with(".js") || asset.path.ends_with(".css");
        if (text && asset.raw.size() > 1000) CHECK((!asset.gzip.empty() && !asset.brotli.empty()));
        if (asset.path.ends_with(".woff2")) {
            CHECK(asset.raw.starts_with("wOF2"));
            CHECK((asset.gzip.empty() && asset.brotli.empty()));
        }
    }
}

TEST_CASE("The table is in the order of its paths") {
    CHECK(std::ranges::is_sorted(admin_assets(), {}, &Asset::path));
}

}  // namespace gatehouse::portal::assets_test
