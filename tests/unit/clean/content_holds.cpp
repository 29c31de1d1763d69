#include "server/clean/content_holds.hpp"

#include <catch2/catch.hpp>

#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace content_holds_test {

using namespace gatehouse;
using clean::ContentHolds;

namespace {

const std::string one(64, 'a');
const std::string other(64, 'b');

struct Book {
    std::shared_ptr<ContentHolds> holds = std::make_shared<ContentHolds>();
    [[nodiscard]] ContentHolds::Hold hold(const std::string& sha256) const {
        return holds->hold(sha256, holds->lock(sha256));
    }
    [[nodiscard]] bool untouched(const ContentHolds::Intent& intent) const {
        return holds->untouched(intent, holds->lock(intent.sha256()));
    }
};

}  // namespace

TEST_CASE("a content that nobody holds may be removed, also while others are held") {
    const Book book;
    const auto held = book.hold(other);
    const auto intent = book.holds->intend(one);
    CHECK(book.untouched(intent));
}

TEST_CASE("a content that somebody held at any time since its removal was planned stays") {
    const Book book;
    std::optional<ContentHolds::Hold> before(book.hold(one));
    const auto planned_while_held = book.holds->intend(one);
    before.reset();
    CHECK_FALSE(book.untouched(planned_while_held));

    const auto planned = book.holds->intend(one);
    CHECK(book.untouched(planned));
    {
        const auto meanwhile = book.hold(one);
        CHECK_FALSE(book.untouched(planned));
    }
    CHECK_FALSE(book.untouched(planned));

    const auto later = book.holds->intend(one);
    CHECK(book.untouched(later));
}

TEST_CASE("a hold that moves is one hold, and ends with the one that has it last") {
    const Book book;
    ContentHolds::Hold first = book.hold(one);
    ContentHolds::Hold second(std::move(first));
    ContentHolds::Hold third;
    third = std::move(second);
    CHECK_FALSE(book.untouched(book.holds->intend(one)));
    CHECK_FALSE(book.holds->held_by_others(one, book.holds->lock(one)));
    {
        const auto another = book.hold(one);
        CHECK(book.holds->held_by_others(one, book.holds->lock(one)));
    }
    third.release();
    CHECK(book.untouched(book.holds->intend(one)));
}

TEST_CASE("holds and plans may outlive the store that gave them out") {
    std::optional<ContentHolds::Hold> hold;
    std::optional<ContentHolds::Intent> intent;
    {
        const Book book;
        hold.emplace(book.hold(one));
        intent.emplace(book.holds->intend(one));
    }
    hold.reset();
    intent.reset();
}

}  // namespace content_holds_test
