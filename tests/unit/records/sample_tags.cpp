#include "records/sample_tags.hpp"

#include "tests/unit/records/fresh_sample.hpp"

namespace sample_tags_test {
namespace {

using namespace gatehouse::records;
using namespace gatehouse::tests;
using Tags = std::vector<std::string>;

}  // namespace

TEST_CASE("sample tags: what was typed is what is shown, and one tag in two cases is one") {
    const Box box;
    auto database = box.open();
    const std::string id = submitted(database, ada, "a").id;
    SampleTags tags(database);
    CHECK(tags.list(ada, id) == Tags{});
    CHECK(tags.add(ada, id, "  <i>Phishing</i> & co. ") == Tags{"<i>Phishing</i> & co."});
    CHECK(tags.add(bea, id, "\xC3\x84rger") == Tags{"<i>Phishing</i> & co.", "\xC3\x84rger"});
    CHECK(tags.add(ada, id, "<I>PHISHING</I> & CO.") == Tags{"<i>Phishing</i> & co.", "\xC3\x84rger"});
    CHECK(Samples(database).find(ada, id)->tags == Tags{"<i>Phishing</i> & co.", "\xC3\x84rger"});
    CHECK(tags.remove(bea, id, "<i>phishing</i> & co.") == Tags{"\xC3\x84rger"});
    CHECK(tags.list(root, id) == Tags{"\xC3\x84rger"});
}

TEST_CASE("sample tags: a sample is found by the tags that it has, and no longer by those it had") {
    const Box box;
    auto database = box.open();
    const std::string id = submitted(database, ada, "a").id;
    submitted(database, ada, "b");
    SampleTags tags(database);
    REQUIRE(tags.add(ada, id, "Mail Gateway"));
    CHECK(found(database, ada, {.tag = "mail gateway"}) == Numbers{1});
    CHECK(found(database, ada, {.tag = " Mail Gateway "}) == Numbers{1});
    CHECK(found(database, ada, {.tag = "mail"}).empty());
    CHECK(found(database, ada, {.words = "gateway"}) == Numbers{1});
    REQUIRE(tags.remove(ada, id, "Mail Gateway"));
    CHECK(found(database, ada, {.tag = "mail gateway"}).empty());
    CHECK(found(database, ada, {.words = "gateway"}).empty());
}

TEST_CASE("sample tags: what is no tag is refused, and what is not there can't be removed") {
    const Box box;
    auto database = box.open();
    const std::string id = submitted(database, ada, "a").id;
    SampleTags tags(database);
    for (const std::string& tag : {std::string(), std::string(" \t\n"), std::string(129, 'x'), std::string("a,b"),
                                   std::string("a\nb"), std::string("a\0b", 3), std::string("\xFF")}) {
        CAPTURE(tag);
        CHECK(error_of(tags.add(ada, id, tag)).code == "tag_invalid");
        CHECK(error_of(tags.remove(ada, id, tag)).code == "no_tag");
    }
    CHECK(error_of(tags.remove(ada, id, "other")).code == "no_tag");
    CHECK(tags.add(ada, id, std::string(128, 'x')));
    for (int i = 1; i < 100; ++i)
        REQUIRE(tags.add(ada, id, "t" + std::to_string(i)));
    CHECK(error_of(tags.add(ada, id, "one more")).code == "tags_too_many");
    CHECK(tags.add(ada, id, "T1")->size() == 100);
    CHECK(tags.list(ada, id)->size() == 100);
    CHECK(found(database, ada, {.words = "more"}).empty());
}

TEST_CASE("sample tags: who may not see a sample can't tag it") {
    const Box box;
    auto database = box.open();
    NewSample fresh = fresh_sample(ada, "a", content("abc"));
    fresh.owner.is_private = true;
    fresh.tags = {"kept"};
    const std::string id = submitted(database, fresh).id;
    SampleTags tags(database);
    for (const Viewer& other : {bea, cem}) {
        CHECK(error_of(tags.list(other, id)).code == "no_sample");
        CHECK(error_of(tags.add(other, id, "mine")).code == "no_sample");
        CHECK(error_of(tags.remove(other, id, "kept")).code == "no_sample");
    }
    CHECK(tags.list(ada, id) == Tags{"kept"});
}

}  // namespace sample_tags_test
