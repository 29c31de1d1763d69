#include "server/clean/field_searches.hpp"

#include "server/clean/sample_tags.hpp"
#include "tests/unit/records/box.hpp"

#include <catch2/catch.hpp>

namespace field_searches_test {

using namespace gatehouse::clean;
using gatehouse::http::Request;
using gatehouse::records::SampleSort;
using gatehouse::records::SampleState;
using gatehouse::tests::new_year;

namespace {

Arguments asked(std::string_view query) {
    Request request;
    request.query = query;
    auto arguments = Arguments::read(request);
    REQUIRE(arguments);
    return std::move(*arguments);
}

template <class Read>
FieldSearch good(Read read, std::string_view query) {
    const auto arguments = asked(query);
    auto search = read(arguments, new_year);
    INFO(query);
    REQUIRE(search);
    return std::move(*search);
}

template <class Read>
void check_refused(Read read, std::string_view query) {
    const auto arguments = asked(query);
    const auto search = read(arguments, new_year);
    INFO(query);
    REQUIRE_FALSE(search);
    CHECK(search.error().status == 422);
    CHECK(search.error().code == "bad_parameter");
}

const std::string sha256(64, 'a');

}  // namespace

TEST_CASE("a list is narrowed by what it is asked for", "[field_searches]") {
    const auto search =
        good(read_sample_list, "user_only=true&org_only=1&limit=7&offset=14&sha256=" + std::string(64, 'A') +
                                   "&after=last+hour&before=2025-01-31&id=x");
    CHECK(search.filter.own_only);
    CHECK(search.filter.organization_only);
    CHECK(search.paging.limit == 7);
    CHECK(search.paging.offset == 14);
    CHECK(search.paging.count);
    CHECK(search.filter.sha256 == sha256);  // in small letters
    CHECK(search.filter.after == new_year - std::chrono::hours(1));
    CHECK(search.filter.before == new_year + std::chrono::days(30));
    CHECK(search.filter.id == "x");

    const auto plain = good(read_sample_list, "user_only=false&org_only=0&md5=&after=");
    CHECK_FALSE(plain.filter.own_only);
    CHECK_FALSE(plain.filter.organization_only);
    CHECK_FALSE(plain.filter.md5);
    CHECK_FALSE(plain.filter.after);
    CHECK(plain.paging.limit == 100);
    CHECK(good(read_sample_list, "limit=99999").paging.limit == 1000);
}

TEST_CASE("what a list cannot understand is refused", "[field_searches]") {
    for (const char* query : {"md5=xyz", "sha1=00", "after=the+day+before", "limit=0", "limit=-1", "limit=many",
                              "offset=-1", "before=%27%20OR%201=1"}) {
        check_refused(read_sample_list, query);
    }
}

TEST_CASE("a search for nothing in particular is refused rather than given everything", "[field_searches]") {
    check_refused(read_sample_search, "");
    check_refused(read_sample_search, "limit=10&after=last+hour&tag=");
    check_refused(read_sample_search, "cheksum=" + sha256);
    CHECK(good(read_sample_search, "checksum=" + sha256).filter.checksum == sha256);
    CHECK(good(read_sample_search, "path=invoice").filter.path == "invoice");
    CHECK(good(read_sample_search, "tag=mail").filter.tag == "mail");
    CHECK_FALSE(good(read_sample_search, "tag=mail").finds_nothing);
}

TEST_CASE("what no analysis here can see finds nothing", "[field_searches]") {
    CHECK(good(read_sample_search, "domain=example.test").finds_nothing);
    CHECK(good(read_sample_search, "tag=mail&ip=192.0.2.1").finds_nothing);
    CHECK(good(read_sample_search, "checksum=" + sha256 + "&checksum_sample=" + std::string(64, 'b')).finds_nothing);
    CHECK_FALSE(good(read_sample_search, "checksum=" + sha256 + "&checksum_sample=" + sha256).finds_nothing);
}

TEST_CASE("submissions are searched by words, in a place, by state and in an order", "[field_searches]") {
    CHECK(good(read_submission_search, "q=a+b").filter.words == "a b");
    CHECK(good(read_submission_search, "term=a+b").filter.words == "a b");
    CHECK(good(read_submission_search, "q=mail&term=tag").filter.tag == "mail");
    CHECK(good(read_submission_search, "q=ABCD&term=sha256").filter.checksum == "abcd");
    CHECK(good(read_submission_search, "q=a&term=filename,tag").filter.words == "a");
    CHECK(good(read_submission_search, "q=a&term=login").words == "a");
    CHECK(good(read_submission_search, "state=succ").filter.state == SampleState::succ);
    const auto by_name = good(read_submission_search, "sort_by=filename");
    CHECK(by_name.paging.sort == SampleSort::filename);
    CHECK_FALSE(by_name.paging.descending);
    const auto by_score = good(read_submission_search, "sort_by=score&sort_order=asc");
    CHECK(by_score.paging.sort == SampleSort::score);
    CHECK_FALSE(by_score.paging.descending);
    CHECK(good(read_submission_search, "").paging.descending);
    for (const char* query : {"state=done", "sort_by=size", "sort_order=up", "q=x&term=colour", "before=soon"})
        check_refused(read_submission_search, query);
}

TEST_CASE("tags come with commas, several times, and without blanks", "[field_searches]") {
    const auto arguments = asked("tags=a,%20b%20,,&tags=c&tag=d");
    CHECK(tags_in(arguments, {"tags"}) == std::vector<std::string>{"a", "b", "c"});
    CHECK(tags_in(arguments, {"tag", "tags"}) == std::vector<std::string>{"d", "a", "b", "c"});
}

}  // namespace field_searches_test
