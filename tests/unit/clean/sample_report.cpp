#include "server/clean/sample_report.hpp"

#include "server/http/markup.hpp"
#include "tests/unit/records/box.hpp"

#include <catch2/catch.hpp>

namespace sample_report_test {

using namespace gatehouse::clean;
using gatehouse::records::Sample;
using gatehouse::tests::new_year;

namespace {

const std::string hostile = "<script>alert('1')</script>\"&<!--";

Sample hostile_sample() {
    Sample sample;
    sample.id = std::string(32, 'a');
    sample.filename = hostile;
    sample.url = hostile;
    sample.login = hostile;
    sample.tags = {hostile};
    sample.submitted_at = new_year;
    sample.score = 95;
    return sample;
}

}  // namespace

TEST_CASE("whatever a sample or an engine says is shown as text", "[sample_report]") {
    Findings findings;
    findings.behaviours = {{hostile, hostile, 90, 80, hostile}};
    findings.engine = hostile;
    findings.engine_version = hostile;
    findings.facts = {{hostile, hostile}};
    const std::string page = report_page(hostile_sample(), findings);
    CHECK(page.find("<script") == std::string::npos);
    CHECK(page.find("<!--") == std::string::npos);
    std::size_t shown = 0;
    for (std::size_t at = page.find(gatehouse::http::escaped(hostile)); at != std::string::npos;
         at = page.find(gatehouse::http::escaped(hostile), at + 1))
        ++shown;
    CHECK(shown == 13);  // title, heading, name, address, login, tag, three of the behaviour, engine, version, a fact
}

TEST_CASE("the policy is a sandbox that loads nothing and knows the page's one style", "[sample_report]") {
    const std::string& policy = report_policy();
    CHECK(policy.starts_with("sandbox;"));
    CHECK(policy.find("default-src 'none'") != std::string::npos);
    CHECK(policy.find("unsafe") == std::string::npos);
    const auto at = policy.find("'sha256-");
    REQUIRE(at != std::string::npos);
    CHECK(policy.substr(at + 8 + 43, 2) == "='");  // 44 characters of base64
}

}  // namespace sample_report_test
