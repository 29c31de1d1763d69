#include "server/clean/submitter.hpp"

#include "tests/unit/clean/depot_rooms.hpp"

#include <optional>

namespace submitter_test {

using namespace gatehouse;
using clean::Submitter;
using samples::Sender;

namespace {

// A body whose end is asked for, and nothing else.
class Clock final : public http::BodyReader {
public:
    boost::asio::awaitable<Piece> next() override { co_return Piece(std::nullopt); }
    void end_after(std::chrono::seconds time, const http::Refusal& late) override {
        time_ = time;
        code_ = late.code;
    }
    void end_never() override { time_.reset(); }
    [[nodiscard]] std::optional<std::chrono::seconds> time() const { return time_; }
    [[nodiscard]] const std::string& code() const { return code_; }

private:
    std::optional<std::chrono::seconds> time_;
    std::string code_;
};

}  // namespace

TEST_CASE("who has not shown a key takes one place, and its body ends by itself", "[submitter]") {
    tests::DepotRooms rooms;
    clean::Places few({.in_all = 1, .of_holder = 1});
    const clean::SampleServices samples{.door = rooms.samples.door,
                                        .storage = rooms.samples.storage,
                                        .packing = rooms.samples.packing,
                                        .uploads = rooms.samples.uploads,
                                        .keyless_uploads = few,
                                        .downloads = rooms.samples.downloads,
                                        .engine = {},
                                        .wake_analysis = {},
                                        .hostname = {},
                                        .fetch = {}};
    http::Request request;
    const http::Form none{std::vector<http::FormPart>()};
    Clock body;
    Submitter stranger(samples, request, body);
    for (int i = 0; i < 2; ++i) {
        const auto told = rooms.loop.await(stranger.before_more(none));
        REQUIRE(told);
        CHECK(*told == Sender::unknown);
    }
    CHECK(body.time() == Submitter::key_for);
    CHECK(body.code() == "key_late");
    Clock other_body;
    Submitter other(samples, request, other_body);
    const auto refused = rooms.loop.await(other.before_more(none));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == "too_many_requests");
    CHECK_FALSE(other_body.time());
}

}  // namespace submitter_test
