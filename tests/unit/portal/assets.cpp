#include "portal/assets.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::portal::assets_test {
namespace {

using Table = std::span<const Asset>;

// Each test holds for either door.
Table table_of(std::string_view door) {
    return door == "admin" ? admin_assets() : clean_assets();
}

const Asset* find(Table assets, std::string_view path) {
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
    const std::string door = GENERATE("admin", "clean");
    INFO(door);
    const Table assets = table_of(door);
    const Asset* page = find(assets, "/");
    REQUIRE(page != nullptr);
    CHECK(page->content_type == "text/html; charset=utf-8");
    CHECK_FALSE(page->immutable);
    CHECK(page->raw.starts_with("<!doctype html>"));
}

TEST_CASE("Whatever the page names is in the table and may be cached for good") {
    const std::string door = GENERATE("admin", "clean");
    INFO(door);
    const Table assets = table_of(door);
    const Asset* page = find(assets, "/");
    REQUIRE(page != nullptr);
    auto named = attributes(page->raw, "src");
    named.merge(attributes(page->raw, "href"));
    REQUIRE(named.size() >= 3);
    for (const std::string& path : named) {
        INFO(path);
        const Asset* asset = find(assets, path);
        REQUIRE(asset != nullptr);
        CHECK(asset->immutable);
    }
}

TEST_CASE("The page holds nothing that its content security policy forbids") {
    const std::string door = GENERATE("admin", "clean");
    INFO(door);
    const Table assets = table_of(door);
    const Asset* page = find(assets, "/");
    REQUIRE(page != nullptr);
    CHECK(attributes(page->raw, "style").empty());
    CHECK(page->raw.find("<style") == std::string_view::npos);
    CHECK(page->raw.find("data:") == std::string_view::npos);
    CHECK(page->raw.find("://") == std::string_view::npos);
    for (auto at = page->raw.find("<script"); at != std::string_view::npos; at = page->raw.find("<script", at + 1))
        CHECK(page->raw.substr(at, page->raw.find('>', at) - at).find(" src=") != std::string_view::npos);
}

TEST_CASE("Each asset has a type, a tag of its own and compressed forms that are smaller") {
    const std::string door = GENERATE("admin", "clean");
    INFO(door);
    const Table assets = table_of(door);
    std::set<std::string_view> paths;
    std::set<std::string_view> tags;
    for (const Asset& asset : assets) {
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
    const std::string door = GENERATE("admin", "clean");
    INFO(door);
    const Table assets = table_of(door);
    CHECK(std::ranges::is_sorted(assets, {}, &Asset::path));
}

TEST_CASE("The page says which door it belongs to, and neither door shows the other's") {
    const Asset* admin = find(admin_assets(), "/");
    const Asset* clean = find(clean_assets(), "/");
    REQUIRE(admin != nullptr);
    REQUIRE(clean != nullptr);
    CHECK(attributes(admin->raw, "data-door") == std::set<std::string>{"admin"});
    CHECK(attributes(clean->raw, "data-door") == std::set<std::string>{"clean"});
    CHECK(admin->etag != clean->etag);
}

}  // namespace gatehouse::portal::assets_test
