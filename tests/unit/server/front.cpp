#include "server/front.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <string>

namespace front_test {

using namespace gatehouse;

TEST_CASE("the facts page says which door it is and shows the fingerprint, and nothing in a certificate is markup") {
    credentials::DoorStatus status;
    status.interface = config::Interface::admin;
    status.hostname = "gw.example";
    status.certificate.subject = "CN=<script>alert('x')</script>&";
    status.certificate.names = {"gw.example", "\"quoted\""};
    status.certificate.fingerprint_sha256 = std::string(64, 'a');
    const std::string page = server::facts_page(status);
    CHECK(page.find("admin door of gw.example") != std::string::npos);
    CHECK(page.find(std::string(64, 'a')) != std::string::npos);
    CHECK(page.find("<script>") == std::string::npos);
    CHECK(page.find("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;") != std::string::npos);
    CHECK(page.find("&quot;quoted&quot;") != std::string::npos);
}

TEST_CASE("a page that was replaced is shown with the next request") {
    http::SharedBody page = std::make_shared<const std::string>("old");
    const auto router = server::front_router(page, nullptr, {}, {});
    http::Request request;
    request.path = "/";
    page = std::make_shared<const std::string>("new");
    const http::Response response = std::get<http::Response>(router->handle(request));
    CHECK(response.status == 200);
    CHECK(*std::get<http::SharedBody>(response.body) == "new");
}

TEST_CASE("/healthz answers with or without a folder of files") {
    const http::SharedBody page = std::make_shared<const std::string>();
    http::Request request;
    request.path = "/healthz";
    const http::Response response =
        std::get<http::Response>(server::front_router(page, nullptr, {}, {})->handle(request));
    CHECK(response.status == 200);
    CHECK(std::get<std::string>(response.body) == R"({"status":"ok"})");
}

}  // namespace front_test
