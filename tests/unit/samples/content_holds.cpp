#include "server/samples/content_holds.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace content_holds_test {

using namespace gatehouse;
using samples::ContentHolds;

namespace {

const std::string one(64, 'a');
const std::string other(64, 'b');

struct Book {
    std::shared_ptr<ContentHolds> holds = std::make_shared<ContentHolds>();
    [[nodiscard]] ContentHolds::Hold hold(const std::string& sha256) const {
        return holds->hold(sha256, holds->lock(sha256));
    }
    [[nodiscard]] ContentHolds::Intent intend(const std::string& sha256) const {
        return holds->intend(sha256, ContentHolds::Aim::removal);
    }
    [[nodiscard]] bool untouched(const ContentHolds::Intent& intent) const {
        return holds->untouched(intent, holds->lock(intent.sha256()));
    }
};

}  // namespace

TEST_CASE("a content that nobody holds may be removed, also while others are held") {
    const Book book;
    const auto held = book.hold(other);
    const auto intent = book.intend(one);
    CHECK(book.untouched(intent));
}

TEST_CASE("a content that somebody held at any time since its removal was planned stays") {
    const Book book;
    std::optional<ContentHolds::Hold> before(book.hold(one));
    const auto planned_while_held = book.intend(one);
    before.reset();
    CHECK_FALSE(book.untouched(planned_while_held));

    const auto planned = book.intend(one);
    CHECK(book.untouched(planned));
    {
        const auto meanwhile = book.hold(one);
        CHECK_FALSE(book.untouched(planned));
    }
    CHECK_FALSE(book.untouched(planned));

    const auto later = book.intend(one);
    CHECK(book.untouched(later));
}

TEST_CASE("a hold that moves is one hold, and ends with the one that has it last") {
    const Book book;
    ContentHolds::Hold first = book.hold(one);
    ContentHolds::Hold second(std::move(first));
    ContentHolds::Hold third;
    third = std::move(second);
    CHECK_FALSE(book.untouched(book.intend(one)));
    third.release();
    CHECK(book.untouched(book.intend(one)));
}

TEST_CASE("who holds a content knows whether others do, did meanwhile, or want to remove it") {
    const Book book;
    const auto is_last = [&](const ContentHolds::Hold& hold) {
        return book.holds->is_last(hold, book.holds->lock(one));
    };
    const auto is_alone = [&](const ContentHolds::Hold& hold) {
        return book.holds->is_alone(hold, book.holds->lock(one));
    };
    const auto first = book.hold(one);
    CHECK((is_last(first) && is_alone(first)));
    {
        const auto planned = book.intend(one);
        CHECK_FALSE(is_last(first));
        CHECK_FALSE(is_alone(first));
    }
    {
        const auto looked = book.holds->intend(one, ContentHolds::Aim::look);
        CHECK((is_last(first) && is_alone(first)));
    }
    {
        const auto second = book.hold(one);
        CHECK_FALSE(is_last(first));
        CHECK_FALSE(is_alone(second));
    }
    CHECK(is_last(first));
    CHECK_FALSE(is_alone(first));  // the other one's row may refer to it
}

TEST_CASE("who came while another held the content was never alone with it") {
    const Book book;
    std::optional<ContentHolds::Hold> first(book.hold(one));
    const auto second = book.hold(one);
    first.reset();
    CHECK(book.holds->is_last(second, book.holds->lock(one)));
    CHECK_FALSE(book.holds->is_alone(second, book.holds->lock(one)));
}

TEST_CASE("of two who want to remove a content neither is the only one") {
    const Book book;
    const auto first = book.intend(one);
    CHECK(book.holds->is_only(first, book.holds->lock(one)));
    const auto second = book.intend(one);
    CHECK_FALSE(book.holds->is_only(first, book.holds->lock(one)));
    CHECK_FALSE(book.holds->is_only(second, book.holds->lock(one)));
}

TEST_CASE("holds and plans may outlive the store that gave them out") {
    std::optional<ContentHolds::Hold> hold;
    std::optional<ContentHolds::Intent> intent;
    {
        const Book book;
        hold.emplace(book.hold(one));
        intent.emplace(book.intend(one));
    }
    hold.reset();
    intent.reset();
}

}  // namespace content_holds_test
