#include "records/analysis_queue.hpp"
#include "records/sample_tags.hpp"
#include "tests/unit/records/fresh_sample.hpp"

namespace sample_pages_test {
namespace {

using namespace gatehouse::records;
using namespace gatehouse::tests;
using gatehouse::base::ErrorKind;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// Takes the next sample and judges it.
void judge(Database& database, std::int64_t score) {
    AnalysisQueue queue(database);
    const auto taken = queue.take(new_year);
    REQUIRE(taken);
    REQUIRE(*taken);
    REQUIRE(queue.judge((*taken)->number, {score, {}, {}}, new_year));
}

// Walks all pages of a list by its cursors.
Numbers walked(Database& database, const Viewer& viewer, const SampleFilter& filter, SamplePaging paging) {
    Numbers all;
    for (int pages = 0; pages < 1000; ++pages) {
        const SamplePage page = page_of(database, viewer, filter, paging);
        CHECK(page.samples.size() <= paging.limit);
        for (const std::int64_t number : numbers(page.samples))
            all.push_back(number);
        if (!page.next) return all;
        CHECK(page.samples.size() == paging.limit);
        paging.cursor = *page.next;
    }
    FAIL("the pages do not end");
    return all;
}

}  // namespace

TEST_CASE("sample pages: words are found in file name, login and tags, whatever their case and accents") {
    const Box box;
    auto database = box.open();
    NewSample fresh = fresh_sample(ada, "Invoice_2024-03 (Kopie).PDF", content("a1"));
    fresh.tags = {"Mail Gateway"};
    submitted(database, fresh);
    submitted(database, bea, "Rechnung f\xC3\xBCr M\xC3\xBCller.docx", "b1");
    submitted(database, ada, "\xE5\xA0\xB1\xE5\x91\x8A.exe", "c1");
    const auto words = [&](std::string text) { return found(database, ada, {.words = std::move(text)}); };
    CHECK(words("invoice") == Numbers{1});
    CHECK(words("INV") == Numbers{1});
    CHECK(words("2024 pdf") == Numbers{1});
    CHECK(words("pdf mail") == Numbers{1});
    CHECK(words("gate kop") == Numbers{1});
    CHECK(words("2024-03") == Numbers{1});
    CHECK(words("muller") == Numbers{2});
    std::string many;
    for (char letter = 'a'; letter < 'a' + 16; ++letter)
        many.append(1, letter).append(" a A ");
    CHECK(words(many).empty());
    CHECK(error_of(Samples(database).page(ada, {.words = many + " z"}, {})).code == "search_invalid");
    CHECK(words("M\xC3\x9CLLER.DOC") == Numbers{2});
    CHECK(words("bea") == Numbers{2});
    CHECK(words("\xE5\xA0\xB1") == Numbers{3});
    CHECK(words("ada") == Numbers{3, 1});
    CHECK(words("") == Numbers{3, 2, 1});
    CHECK(words("   ") == Numbers{3, 2, 1});
    CHECK(words("invoice docx").empty());
    CHECK(words("voice").empty());
    CHECK(words("invoice - pdf") == Numbers{1});
    CHECK(words("invoice \xE2\x80\x94 pdf") == Numbers{1});
}

TEST_CASE("sample pages: words may be the beginning of any checksum, eight digits and more") {
    const Box box;
    auto database = box.open();
    Content what{std::string("01234567") + std::string(56, 'a'), std::string("89abcdef") + std::string(32, 'b'),
                 std::string("fedcba98") + std::string(24, 'c'), 5};
    submitted(database, fresh_sample(ada, "a.exe", what));
    submitted(database, ada, "deadbeef99.exe", "77");
    submitted(database, fresh_sample(ada, "b.exe", what));
    const auto words = [&](std::string text) { return found(database, ada, {.words = std::move(text)}); };
    CHECK(words("01234567") == Numbers{3, 1});
    CHECK(words("01234567AA") == Numbers{3, 1});
    CHECK(words("89abcdefb") == Numbers{3, 1});
    CHECK(words(what.md5) == Numbers{3, 1});
    CHECK(words(what.sha256 + " b.exe") == Numbers{3});
    CHECK(words("0123456").empty());
    CHECK(words("012345679").empty());
    CHECK(words("deadbeef99") == Numbers{2});
}

TEST_CASE("sample pages: nothing that is typed into a search breaks it") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "a \"quoted\" AND (name) * ^ : {x} - NEAR.exe");
    for (const char* text : {"\"",    "\"\"",      "\"a",      "a\"",     "a*",           "*",
                             "^a",    "name:a",    "{name}:a", "a AND b", "AND",          "OR",
                             "NOT a", "NEAR(a b)", "a + b",    "-a",      "a) OR (b",     "'; DROP TABLE samples; --",
                             "%",     "_",         "\\",       "a.b.c.d", "\xE2\x80\x94", "((((",
                             "rank:1"}) {
        CAPTURE(text);
        CHECK(Samples(database).page(ada, {.words = text}, {.count = true}));
        CHECK(Samples(database).page(ada, {.path = text}, {.count = true}));
        CHECK(Samples(database).page(ada, {.tag = text}, {.count = true}));
        CHECK(Samples(database).page(ada, {.sha256 = text}, {.count = true}));
        CHECK(Samples(database).page(ada, {.id = text}, {.count = true}));
    }
    CHECK(found(database, ada, {.words = "\"quoted\""}) == Numbers{1});
    CHECK(found(database, ada, {.words = "NEAR AND name"}) == Numbers{1});
    std::string many;
    for (int i = 0; i < 128; ++i)
        many += "a ";
    CHECK(found(database, ada, {.words = many}) == Numbers{1});
    std::string dots;
    for (int i = 0; i < 128; ++i)
        dots += "a.";
    CHECK(found(database, ada, {.words = dots}).empty());

    CHECK(error_of(Samples(database).page(ada, {.words = std::string(257, 'a')}, {})).code == "search_invalid");
    CHECK(error_of(Samples(database).page(ada, {.path = std::string(257, 'a')}, {})).code == "search_invalid");
    for (const std::string& broken : {std::string("a\0b", 3), std::string("\xFF")}) {
        const auto error = error_of(Samples(database).page(ada, {.words = broken}, {}));
        CHECK(error.kind == ErrorKind::input);
        CHECK(error_of(Samples(database).page(ada, {.tag = broken}, {})).kind == ErrorKind::input);
        CHECK(found(database, ada, {.id = broken}).empty());
        CHECK(found(database, ada, {.checksum = broken}).empty());
    }
}

TEST_CASE("sample pages: a path is words of the file name that follow one another") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "C:\\Windows\\System32\\evil.dll");
    submitted(database, ada, "system windows.dll");
    const auto path = [&](std::string text) { return found(database, ada, {.path = std::move(text)}); };
    CHECK(path("windows\\system32") == Numbers{1});
    CHECK(path("windows/sys") == Numbers{1});
    CHECK(path("evil.dll") == Numbers{1});
    CHECK(path("windows.dll") == Numbers{2});
    CHECK(path("ada").empty());
    CHECK(path("...").empty());
}

TEST_CASE("sample pages: checksums are compared whole, by their own kind or any") {
    const Box box;
    auto database = box.open();
    const Content what = content("abcd");
    submitted(database, fresh_sample(ada, "a", what));
    submitted(database, ada, "b", "ef");
    CHECK(found(database, ada, {.md5 = what.md5}) == Numbers{1});
    CHECK(found(database, ada, {.sha1 = what.sha1}) == Numbers{1});
    CHECK(found(database, ada, {.sha256 = what.sha256}) == Numbers{1});
    CHECK(found(database, ada, {.sha256 = "ABCD" + what.sha256.substr(4)}) == Numbers{1});
    for (const std::string& any : {what.md5, what.sha1, what.sha256})
        CHECK(found(database, ada, {.checksum = any}) == Numbers{1});
    CHECK(found(database, ada, {.md5 = what.sha256}).empty());
    CHECK(found(database, ada, {.sha256 = what.md5}).empty());
    CHECK(found(database, ada, {.checksum = "abcd"}).empty());
    CHECK(found(database, ada, {.checksum = ""}).empty());
    CHECK(found(database, ada, {.sha256 = content("dead").sha256}).empty());
    CHECK(found(database, ada, {.md5 = what.md5, .sha256 = content("ef").sha256}).empty());
}

TEST_CASE("sample pages: state and score narrow, and follow the analysis") {
    const Box box;
    auto database = box.open();
    for (int i = 0; i < 6; ++i)
        submitted(database, ada, "s" + std::to_string(i) + ".exe");
    for (const std::int64_t score : {0, 89, 95, 100})
        judge(database, score);
    AnalysisQueue queue(database);
    REQUIRE(queue.take(new_year));
    const auto in = [&](SampleState state) { return found(database, ada, {.state = state}); };
    CHECK(in(SampleState::succ) == Numbers{4, 3, 2, 1});
    CHECK(in(SampleState::run) == Numbers{5});
    CHECK(in(SampleState::wait) == Numbers{6});
    CHECK(in(SampleState::fail).empty());
    REQUIRE(queue.fail(5, "no", new_year));
    CHECK(in(SampleState::fail) == Numbers{5});
    CHECK(in(SampleState::run).empty());
    const auto least = [&](std::int64_t score) { return found(database, ada, {.min_score = score}); };
    CHECK(least(-5) == Numbers{4, 3, 2, 1});
    CHECK(least(0) == Numbers{4, 3, 2, 1});
    CHECK(least(1) == Numbers{4, 3, 2});
    CHECK(least(89) == Numbers{4, 3, 2});
    CHECK(least(90) == Numbers{4, 3});
    CHECK(least(96) == Numbers{4});
    CHECK(least(100) == Numbers{4});
    CHECK(least(101).empty());
    CHECK(least(1000).empty());
    CHECK(found(database, ada, {.words = "s2", .state = SampleState::succ, .min_score = 90}) == Numbers{3});
}

TEST_CASE("sample pages: moments bound a list, also where the clock was set back") {
    const Box box;
    auto database = box.open();
    const std::vector<Time> times{new_year, new_year + hours(5), new_year + minutes(10),
                                  new_year + hours(5) + seconds(1), new_year - hours(100)};
    for (const Time time : times)
        submitted(database, ada, "a", "abc", time);
    const auto between = [&](std::optional<Time> after, std::optional<Time> before) {
        Numbers expected;
        for (std::size_t i = times.size(); i-- > 0;)
            if ((!after || times[i] >= *after) && (!before || times[i] < *before)) {
                expected.push_back(static_cast<std::int64_t>(i) + 1);
            }
        for (const SampleSort sort : {SampleSort::submitted_at, SampleSort::filename}) {
            const auto page = page_of(database, ada, {.after = after, .before = before}, {.sort = sort, .count = true});
            CHECK(numbers(page.samples) == expected);
            CHECK(page.total == static_cast<std::int64_t>(expected.size()));
        }
    };
    between({}, {});
    between(new_year, {});
    between({}, new_year);
    between({}, new_year + seconds(1));
    between(new_year + minutes(10), new_year + hours(5) + seconds(1));
    between(new_year + hours(6), {});
    between({}, new_year - hours(101));
    between(new_year + hours(5), new_year + hours(5));
    between(new_year + hours(5), new_year);
}

TEST_CASE("sample pages: each page begins where the one before ended, in every order") {
    const Box box;
    auto database = box.open();
    // Names and scores that come several times, so that pages end between equals.
    for (int i = 0; i < 30; ++i) {
        const Viewer who = i % 3 == 0 ? ada : i % 3 == 1 ? bea : cem;
        NewSample fresh =
            fresh_sample(who, std::string(1, static_cast<char>((i % 2 == 0 ? 'a' : 'A') + i % 5)) + ".exe",
                         content("a" + std::to_string(i)));
        fresh.owner.is_private = i % 7 == 0;
        submitted(database, fresh);
        if (i == 20) submitted(database, ada, "");
    }
    for (int i = 0; i < 20; ++i)
        judge(database, i % 4 == 0 ? 0 : (i % 4) * 30);
    for (const Viewer& viewer : {ada, root}) {
        for (const SampleFilter& filter :
             {SampleFilter{}, SampleFilter{.own_only = true}, SampleFilter{.organization_only = true},
              SampleFilter{.words = "exe"}, SampleFilter{.state = SampleState::succ},
              SampleFilter{.state = SampleState::wait}, SampleFilter{.min_score = 30}, SampleFilter{.min_score = 25},
              SampleFilter{.after = new_year}}) {
            for (const SampleSort sort : {SampleSort::submitted_at, SampleSort::filename, SampleSort::score}) {
                for (const bool descending : {true, false}) {
                    CAPTURE(viewer.user_id, name(sort), descending);
                    const SamplePaging whole{.sort = sort, .descending = descending, .limit = 1000};
                    const auto all = page_of(database, viewer, filter, whole).samples;
                    const auto before = [&](const Sample& a, const Sample& b) {
                        const auto lower = [](std::string text) {
                            for (char& c : text)
                                c = static_cast<char>(std::tolower(c));
                            return text;
                        };
                        if (sort == SampleSort::filename && lower(a.filename) != lower(b.filename)) {
                            return lower(a.filename) < lower(b.filename);
                        }
                        if (sort == SampleSort::score && a.score != b.score) return a.score < b.score;
                        return a.number < b.number;
                    };
                    for (std::size_t i = 1; i < all.size(); ++i)
                        CHECK((descending ? before(all[i], all[i - 1]) : before(all[i - 1], all[i])));
                    SamplePaging paging = whole;
                    paging.limit = 4;
                    CHECK(walked(database, viewer, filter, paging) == numbers(all));
                    paging.limit = 1;
                    CHECK(walked(database, viewer, filter, paging) == numbers(all));
                    Numbers by_offset;
                    for (paging.limit = 7; paging.offset < 40; paging.offset += 7)
                        for (const std::int64_t number : found(database, viewer, filter, paging))
                            by_offset.push_back(number);
                    CHECK(by_offset == numbers(all));
                }
            }
        }
    }
}

TEST_CASE("sample pages: samples that come in meanwhile do not shift the pages of a cursor") {
    const Box box;
    auto database = box.open();
    for (int i = 0; i < 4; ++i)
        submitted(database, ada, "a");
    const SamplePage first = page_of(database, ada, {}, {.limit = 2});
    CHECK(numbers(first.samples) == Numbers{4, 3});
    submitted(database, ada, "a");
    CHECK(found(database, ada, {}, {.limit = 2, .cursor = first.next.value()}) == Numbers{2, 1});
}

TEST_CASE("sample pages: past the end is an empty page, and limits are moved to what is allowed") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "a");
    submitted(database, ada, "b");
    const SamplePage past = page_of(database, ada, {}, {.offset = 1'000'000'000'000, .count = true});
    CHECK(past.samples.empty());
    CHECK(past.total == 2);
    CHECK_FALSE(past.next);
    CHECK(found(database, ada, {}, {.limit = 0}) == Numbers{2});
    CHECK(found(database, ada, {}, {.limit = 1'000'000'000}) == Numbers{2, 1});
    CHECK(page_of(database, ada, {.words = "zzz"}, {.count = true}).total == 0);
}

TEST_CASE("sample pages: a cursor of another list is refused") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "a");
    submitted(database, ada, "b");
    for (const SampleSort sort : {SampleSort::submitted_at, SampleSort::filename, SampleSort::score}) {
        const auto own = page_of(database, ada, {}, {.sort = sort, .limit = 1}).next.value();
        for (std::string cursor : {"x", "n", "n1x", "n99999999999999999999", "s", "s1", "s1.", "s.1", "sx.1", "f1.1",
                                   "fzz.1", "fff.1", "f00.1", "f61", "n-", "' OR 1=1"}) {
            CAPTURE(cursor);
            const auto page = Samples(database).page(ada, {}, {.sort = sort, .cursor = cursor});
            CHECK(error_of(page).code == "cursor_invalid");
        }
        for (const SampleSort other : {SampleSort::submitted_at, SampleSort::filename, SampleSort::score}) {
            CHECK(Samples(database).page(ada, {}, {.sort = other, .cursor = own}).has_value() == (sort == other));
        }
    }
}

TEST_CASE("sample pages: beyond 10,000 the total is a bound that is never reached while there is more") {
    const Box box;
    auto database = box.open();
    auto transaction = Transaction::begin(database);
    for (int i = 0; i < 10'003; ++i)
        submitted(database, ada, "a");
    REQUIRE(transaction->commit());
    const auto total = [&](std::size_t offset, SampleSort sort = SampleSort::submitted_at) {
        const auto page = page_of(database, ada, {}, {.sort = sort, .limit = 2, .offset = offset, .count = true});
        CHECK_FALSE(page.total_is_exact);
        return page.total;
    };
    CHECK(total(0) == 10'000);
    CHECK(total(9'998) == 10'001);
    CHECK(total(10'000) == 10'003);
    CHECK(total(10'001) == 10'003);
    const auto searched = page_of(database, ada, {.words = "a"},
                                  {.sort = SampleSort::filename, .limit = 2, .offset = 9'998, .count = true});
    CHECK(searched.total == 10'000);
    CHECK_FALSE(searched.next);
}

}  // namespace sample_pages_test
