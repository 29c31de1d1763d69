#include "records/samples.hpp"

#include "records/analysis_queue.hpp"
#include "records/retention.hpp"
#include "records/sample_rows.hpp"
#include "tests/unit/records/fresh_sample.hpp"

#include <set>

namespace samples_test {
namespace {

using namespace gatehouse::records;
using namespace gatehouse::tests;
using gatehouse::base::ErrorKind;
using std::chrono::hours;

}  // namespace

TEST_CASE("samples: what was submitted is found again as it was typed") {
    const Box box;
    std::string id;
    {
        auto database = box.open();
        NewSample fresh = fresh_sample(ada, "<b>'; DROP TABLE samples; --\"\n\xC3\xA4.exe", content("abc", 7));
        fresh.owner.is_private = true;
        fresh.tags = {" Mail ", "x-ray", "mail"};
        fresh.options = {"win10", "windows", "none", "us", "\"esa\"", "c", "https://cb.example/?a=1", "a@b.example"};
        fresh.sealed_password = std::string("\0sealed\xFF", 8);
        const Sample sample = submitted(database, fresh);
        CHECK(sample.id.size() == 32);
        CHECK(sample.id.find_first_not_of("0123456789abcdef") == std::string::npos);
        id = sample.id;
    }
    auto database = box.open();
    Samples samples(database);
    const auto sample = samples.find(ada, id);
    REQUIRE(sample);
    CHECK(sample->number == 1);
    CHECK(sample->filename == "<b>'; DROP TABLE samples; --\"\n\xC3\xA4.exe");
    CHECK(sample->login == "ada");
    CHECK(sample->owner.user_id == 1);
    CHECK(sample->owner.organization_id == 10);
    CHECK(sample->owner.is_private);
    CHECK(sample->tags == std::vector<std::string>{"Mail", "x-ray"});
    CHECK(sample->options.vm == "win10");
    CHECK(sample->options.source == "\"esa\"");
    CHECK(sample->options.callback_url == "https://cb.example/?a=1");
    CHECK(sample->options.email_notification == "a@b.example");
    REQUIRE(sample->content);
    CHECK(sample->content->sha256 == content("abc").sha256);
    CHECK(sample->content->md5 == content("abc").md5);
    CHECK(sample->content->size == 7);
    CHECK(sample->state == SampleState::wait);
    CHECK(status_of(sample->state) == "pending");
    CHECK(sample->submitted_at == new_year);
    CHECK_FALSE(sample->started_at);
    CHECK_FALSE(sample->completed_at);
    CHECK_FALSE(sample->score);
    CHECK(sealed_password_of(database, sample->number).value() == std::string("\0sealed\xFF", 8));
    CHECK(samples.behaviours(ada, id)->empty());
    CHECK(samples.report(ada, id) == "");
}

TEST_CASE("samples: the same content is kept once and submitted as often as it comes") {
    const Box box;
    auto database = box.open();
    const Sample first = submitted(database, ada, "a.exe", "abc");
    const Sample second = submitted(database, cem, "b.exe", "abc", new_year + hours(2));
    CHECK(first.content_id == second.content_id);
    CHECK(first.id != second.id);
    const auto totals = Retention(database).totals();
    CHECK(totals->samples == 2);
    CHECK(totals->contents == 1);
    CHECK(totals->bytes == 100);
}

TEST_CASE("samples: when a content was seen is told as far as the viewer sees it") {
    const Box box;
    auto database = box.open();
    submitted(database, cem, "theirs", "abc");
    const Sample first = submitted(database, ada, "a", "abc", new_year + hours(1));
    submitted(database, bea, "b", "abc", new_year + hours(2));
    submitted(database, cem, "theirs", "abc", new_year + hours(3));
    Samples samples(database);
    const auto seen = samples.sightings(ada, first.id);
    REQUIRE(seen);
    CHECK(seen->first == new_year + hours(1));
    CHECK(seen->last == new_year + hours(2));
    CHECK(samples.sightings(root, first.id)->first == new_year);
    CHECK(samples.sightings(root, first.id)->last == new_year + hours(3));
    const Sample once = submitted(database, ada, "once", "def", new_year + hours(4));
    CHECK(samples.sightings(ada, once.id)->first == new_year + hours(4));
    CHECK(samples.sightings(ada, once.id)->last == new_year + hours(4));
}

TEST_CASE("samples: a URL is submitted without a content") {
    const Box box;
    auto database = box.open();
    NewSample fresh;
    fresh.owner = {1, 10, false};
    fresh.login = "ada";
    fresh.url = "http://evil.example/payload?x=1";
    const Sample sample = submitted(database, fresh);
    CHECK_FALSE(sample.content);
    CHECK(sample.url == fresh.url);
    CHECK(found(database, ada, {.words = "payload"}) == Numbers{1});
    CHECK(Samples(database).sightings(ada, sample.id)->first == new_year);
    CHECK(Retention(database).totals()->contents == 0);
}

TEST_CASE("samples: a submission that can't be kept as it is, is refused by name and leaves nothing") {
    const Box box;
    auto database = box.open();
    const auto refusal = [&](auto&& spoil) {
        NewSample fresh = fresh_sample(ada, "a.exe", content("abc"));
        spoil(fresh);
        const auto error = error_of(Samples(database).submit(fresh, new_year));
        CHECK(error.kind == ErrorKind::input);
        return error;
    };
    CHECK(refusal([](NewSample& fresh) { fresh.filename = std::string(1025, 'x'); }).code == "filename_invalid");
    CHECK(refusal([](NewSample& fresh) { fresh.url = std::string(8193, 'x'); }).code == "url_invalid");
    const auto option = refusal([](NewSample& fresh) { fresh.options.playbook = std::string(1025, 'x'); });
    CHECK(option.code == "option_invalid");
    CHECK(option.message.find("'playbook'") != std::string::npos);
    CHECK(refusal([](NewSample& fresh) { fresh.tags = {"ok", "a,b"}; }).code == "tag_invalid");
    CHECK(refusal([](NewSample& fresh) {
              for (int i = 0; i < 101; ++i)
                  fresh.tags.push_back("t" + std::to_string(i));
          }).code == "tags_too_many");
    CHECK(refusal([](NewSample& fresh) { fresh.content.reset(); }).code == "content_missing");
    CHECK(refusal([](NewSample& fresh) { fresh.content->md5 = "no digest"; }).code == "content_invalid");
    CHECK(refusal([](NewSample& fresh) { fresh.content->sha256[0] = 'A'; }).code == "content_invalid");
    CHECK(Retention(database).totals()->samples == 0);
    CHECK(Retention(database).totals()->contents == 0);
}

TEST_CASE("samples: a name with NUL or of another encoding is kept with U+FFFD in those places") {
    const Box box;
    auto database = box.open();
    const Sample sample = submitted(database, ada, std::string("a\0b\xE4.exe", 8));
    CHECK(sample.filename ==
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD.exe");
    CHECK(found(database, ada, {.words = "exe"}) == Numbers{1});
}

TEST_CASE("samples: what is submitted in a transaction that is given up is gone, also from the search") {
    const Box box;
    auto database = box.open();
    submitted(database, ada, "kept.exe", "abc");
    {
        const auto transaction = Transaction::begin(database);
        submitted(database, ada, "gone.exe", "abc");
        submitted(database, ada, "gone too.exe", "def");
        CHECK(found(database, ada, {.words = "gone"}).size() == 2);
    }
    CHECK(found(database, ada, {.words = "gone"}).empty());
    CHECK(found(database, ada, {.words = "kept"}) == Numbers{1});
    CHECK(Retention(database).totals()->samples == 1);
    CHECK(Retention(database).totals()->contents == 1);
    CHECK(kept_in(database, SampleState::wait) == 1);

    auto outer = Transaction::begin(database);  // an inner one is given up, the outer is not
    submitted(database, ada, "outer.exe");
    {
        const auto inner = Transaction::begin(database);
        submitted(database, ada, "inner.exe");
    }
    REQUIRE(outer->commit());
    CHECK(found(database, ada, {.words = "outer"}).size() == 1);
    CHECK(found(database, ada, {.words = "inner"}).empty());
    REQUIRE(database.change("INSERT INTO sample_words (sample_words) VALUES ('integrity-check')", {}));
}

TEST_CASE("samples: ids are never used again, and differ") {
    const Box box;
    auto database = box.open();
    std::set<std::string> ids;
    for (int i = 0; i < 50; ++i)
        ids.insert(submitted(database, ada, "a").id);
    CHECK(ids.size() == 50);
    REQUIRE(Retention(database).forget(Numbers{50}));
    CHECK(submitted(database, ada, "a").number == 51);
}

TEST_CASE("samples: one sees its own, its organization's that are not private, and with all rights everything") {
    const Box box;
    auto database = box.open();
    const auto submit = [&](const Viewer& who, bool is_private) {
        NewSample fresh = fresh_sample(who, "a.exe", content("abc"));
        fresh.owner.is_private = is_private;
        fresh.tags = {"t"};
        return submitted(database, fresh);
    };
    const std::vector<Sample> all{submit(ada, false), submit(ada, true),  submit(bea, false),
                                  submit(bea, true),  submit(cem, false), submit(cem, true)};
    const std::vector<std::pair<Viewer, Numbers>> seen{
        {ada, {3, 2, 1}}, {bea, {4, 3, 1}}, {cem, {6, 5}}, {root, {6, 5, 4, 3, 2, 1}}, {{7, 30, false}, {}}};
    Samples samples(database);
    for (const auto& [viewer, expected] : seen) {
        CAPTURE(viewer.user_id);
        Numbers by_id;
        for (auto sample = all.rbegin(); sample != all.rend(); ++sample) {
            const auto one = samples.find(viewer, sample->id);
            if (one) {
                by_id.push_back(one->number);
            } else {
                const auto missing = error_of(samples.find(viewer, std::string(32, '0')));
                CHECK(one.error().code == missing.code);
                CHECK(one.error().kind == ErrorKind::not_found);
                CHECK(error_of(samples.report(viewer, sample->id)).code == "no_sample");
                CHECK(error_of(samples.behaviours(viewer, sample->id)).code == "no_sample");
                CHECK(error_of(samples.sightings(viewer, sample->id)).code == "no_sample");
            }
            CHECK(found(database, viewer, {.id = sample->id}).size() == (one ? 1 : 0));
        }
        CHECK(by_id == expected);
        for (const SampleFilter& filter :
             {SampleFilter{}, SampleFilter{.sha256 = content("abc").sha256},
              SampleFilter{.checksum = content("abc").md5}, SampleFilter{.tag = "t"}, SampleFilter{.path = "a.exe"},
              SampleFilter{.words = "exe"}, SampleFilter{.words = content("abc").sha256},
              SampleFilter{.state = SampleState::wait}, SampleFilter{.after = new_year}}) {
            for (const SampleSort sort : {SampleSort::submitted_at, SampleSort::filename, SampleSort::score}) {
                const auto page = page_of(database, viewer, filter, {.sort = sort, .count = true});
                CHECK(numbers(page.samples) == expected);
                CHECK(page.total == static_cast<std::int64_t>(expected.size()));
                CHECK(page.total_is_exact);
            }
        }
        std::vector<std::string> ids;
        for (auto sample = all.rbegin(); sample != all.rend(); ++sample)
            ids.push_back(sample->id);
        CHECK(numbers(*samples.find_all(viewer, ids)) == expected);
    }
}

TEST_CASE("samples: narrowed to one's own or one's organization, one sees no more than without") {
    const Box box;
    auto database = box.open();
    const auto submit = [&](const Viewer& who, bool is_private) {
        NewSample fresh = fresh_sample(who, "a.exe", content("abc"));
        fresh.owner.is_private = is_private;
        submitted(database, fresh);
    };
    for (const Viewer& who : {ada, bea, root, cem}) {
        submit(who, false);
        submit(who, true);
    }
    submit({1, 20, false}, false);  // Ada's, of another time
    CHECK(found(database, ada, {}) == Numbers{9, 3, 2, 1});
    for (const SampleSort sort : {SampleSort::submitted_at, SampleSort::filename, SampleSort::score}) {
        CHECK(found(database, ada, {.own_only = true}, {.sort = sort}) == Numbers{9, 2, 1});
        CHECK(found(database, ada, {.organization_only = true}, {.sort = sort}) == Numbers{3, 2, 1});
        CHECK(found(database, ada, {.own_only = true, .organization_only = true}, {.sort = sort}) == Numbers{2, 1});
        CHECK(found(database, root, {.own_only = true}, {.sort = sort}) == Numbers{6, 5});
        CHECK(found(database, root, {.organization_only = true}, {.sort = sort}) == Numbers{6, 5});
        CHECK(found(database, {8, 10, true}, {.organization_only = true}, {.sort = sort}) == Numbers{4, 3, 2, 1});
    }
}

TEST_CASE("samples: a file name that looks like a mark of the index shows nobody anything") {
    const Box box;
    auto database = box.open();
    NewSample fresh = fresh_sample(cem, "u1 o10 any wait c1.exe", content("abc"));
    fresh.tags = {"o10", "u1"};
    fresh.login = "u1";
    submitted(database, fresh);
    CHECK(found(database, ada, {}).empty());
    CHECK(found(database, ada, {.words = "o10"}).empty());
    CHECK(found(database, ada, {.words = "\" OR {marks} : \"u3"}).empty());
    CHECK(found(database, ada, {.path = "x\") OR {marks} : (\"u3"}).empty());
    CHECK(found(database, cem, {.words = "o10"}) == Numbers{1});
}

}  // namespace samples_test
