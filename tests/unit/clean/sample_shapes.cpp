#include "server/clean/sample_shapes.hpp"

#include "tests/unit/records/box.hpp"

#include <catch2/catch.hpp>

namespace sample_shapes_test {

using namespace gatehouse::clean;
using gatehouse::records::Sample;
using gatehouse::records::SampleState;
using gatehouse::tests::new_year;

namespace {

Sample waiting() {
    Sample sample;
    sample.number = 17;
    sample.id = std::string(32, 'a');
    sample.owner = {.user_id = 7, .organization_id = 3, .is_private = true};
    sample.login = "ada";
    sample.content = gatehouse::records::Content{std::string(64, '1'), std::string(40, '2'), std::string(32, '3'), 5};
    sample.filename = "x.bin";
    sample.tags = {"one", "two"};
    sample.submitted_at = new_year;
    return sample;
}

}  // namespace

TEST_CASE("a submission is answered with what clients of the field read", "[sample_shapes]") {
    const Json shape = field_submission(waiting());
    CHECK(shape.size() == 14);
    CHECK(shape["state"] == "wait");
    CHECK(shape["status"] == "pending");
    CHECK(shape["submission_id"] == 17);
    CHECK(shape["private"] == true);
    CHECK(shape["submitted_at"] == "2025-01-01T00:00:00Z");
    CHECK(shape["tags"] == Json({"one", "two"}));
}

TEST_CASE("what the engine said is kept and read back", "[sample_shapes]") {
    gatehouse::integrations::Verdict verdict;
    verdict.engine = "ClamAV";
    verdict.engine_version = "1.4";
    verdict.facts = {{"signatures", "27650"}, {"odd \"name", "\xff"}};
    Findings findings;
    read_report_text(report_text(verdict), findings);
    CHECK(findings.engine == "ClamAV");
    CHECK(findings.engine_version == "1.4");
    REQUIRE(findings.facts.size() == 2);
    CHECK(findings.facts[0].value == "27650");
    CHECK(findings.facts[1].name == "odd \"name");
}

TEST_CASE("a report that cannot be read gives nothing", "[sample_shapes]") {
    for (const char* text : {"", "x", "[]", "{\"engine\":1,\"facts\":{}}", "{\"facts\":[1,null,\"x\"]}", "{"}) {
        Findings findings;
        read_report_text(text, findings);
        CHECK(findings.engine.empty());
        CHECK(findings.facts.empty());
    }
}

TEST_CASE("a threat names its behaviours and the highest of them", "[sample_shapes]") {
    Sample sample = waiting();
    sample.state = SampleState::succ;
    sample.score = 95;
    sample.severity = 90;
    sample.confidence = 80;
    const Json threat = field_threat(sample, {{"a", "A", 90, 10, ""}, {"b", "B", 20, 80, ""}});
    CHECK(threat == Json({{"sample", sample.id},
                          {"score", 95},
                          {"count", 2},
                          {"max-severity", 90},
                          {"max-confidence", 80},
                          {"bis", Json::array({"a", "b"})}}));
}

TEST_CASE("a hit says where the words were found", "[sample_shapes]") {
    CHECK(field_hit(waiting(), "X.BIN")["matches"] == Json::array({"filename"}));
    CHECK(field_hit(waiting(), "two")["matches"] == Json::array({"tags"}));
    CHECK(field_hit(waiting(), "1111")["matches"] == Json::array({"sha256"}));
    CHECK(field_hit(waiting(), "")["matches"] == Json::array());
    CHECK(field_hit(waiting(), "")["item"]["analysis"]["threat_score"].is_null());
}

TEST_CASE("the portal is told why a sample waits, and nothing once it does not", "[sample_shapes]") {
    Sample sample = waiting();
    CHECK(sample_shape(sample, {}, "No engine.")["message"] == "No engine.");
    CHECK(sample_shape(sample, {}, "")["message"].is_null());
    sample.state = SampleState::succ;
    CHECK(sample_shape(sample, {}, "No engine.")["message"].is_null());
    sample.state = SampleState::fail;
    sample.message = "It broke.";
    CHECK(sample_shape(sample, {}, "No engine.")["message"] == "It broke.");
}

}  // namespace sample_shapes_test
