#include "server/http/accept.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace accept_test {

using namespace gatehouse;
using http::BodyType;

namespace {

http::Request with(std::vector<http::HeaderField> fields) {
    http::Request request;
    request.fields = std::move(fields);
    return request;
}

// What is chosen where there are all three forms; "" for identity.
std::string_view chosen(std::string_view accept_encoding, http::Codings available = {true, true}) {
    return http::name(http::choose_coding(with({{"Accept-Encoding", accept_encoding}}), available));
}

}  // namespace

TEST_CASE("the coding of the greatest weight is chosen, the smaller form among equals") {
    struct Case {
        std::string_view accepted, coding;
    };
    const std::vector<Case> cases{
        {"gzip, deflate, br, zstd", "br"},
        {"gzip, deflate", "gzip"},
        {"br", "br"},
        {"BR", "br"},
        {"GZip", "gzip"},
        {"x-gzip", "gzip"},
        {"gzip;q=1.0, br;q=0.9", "gzip"},
        {"gzip;q=0.5, br;q=0.500", "br"},
        {"gzip ; q=0.8 , br\t;\tq=0.9", "br"},
        {"gzip;Q=0.8, br;q=0.7", "gzip"},
        {"*", "br"},
        {"*;q=0.1", "br"},
        {"br;q=0, *", "gzip"},
        {"gzip;q=0.001", "gzip"},
        {"identity, gzip;q=0.5", ""},
        {"identity;q=0.5, gzip;q=0.5", "gzip"},
        {"identity;q=0, gzip;q=0.1", "gzip"},
        {"gzip, *;q=0", "gzip"},
        {"br;q=0", ""},
        {"br;q=0.000, gzip;q=0", ""},
        {"*;q=0", ""},
        {"identity;q=0", ""},
        {"", ""},
        {" , ,", ""},
        {"deflate", ""},
        {"zstd, compress", ""},
        {"brotli", ""},
        {"br;q=", ""},
        {"br;q=2", ""},
        {"br;q=1.001", ""},
        {"br;q=0.0001", ""},
        {"br;q=-1", ""},
        {"br;q=.5", ""},
        {"br;q=a", ""},
        {"br;level=1", ""},
        {"br q=1", ""},
        {"br;", ""},
        {"\"br\"", ""},
        {"br;q=2, gzip", "gzip"},
        {"br;q=0, br", ""},
    };
    for (const auto& [accepted, coding] : cases) {
        INFO(accepted);
        CHECK(chosen(accepted) == coding);
    }
}

TEST_CASE("only what there is is chosen, and without the field nothing is coded") {
    CHECK(chosen("br, gzip", {true, false}) == "gzip");
    CHECK(chosen("br, gzip", {false, true}) == "br");
    CHECK(chosen("br, gzip", {false, false}) == "");
    CHECK(chosen("br", {true, false}) == "");
    CHECK(http::choose_coding(with({}), {true, true}) == http::Coding::identity);
    CHECK(http::choose_coding(with({{"accept-encoding", "x"}, {"Accept-Encoding", "gzip"}}), {true, true}) ==
          http::Coding::gzip);
}

TEST_CASE("the type of a body is told whatever its case and parameters") {
    struct Case {
        std::string_view field;
        BodyType type;
    };
    const std::vector<Case> cases{
        {"application/json", BodyType::json},
        {"Application/JSON", BodyType::json},
        {"application/json; charset=utf-8", BodyType::json},
        {"application/json;charset=\"UTF-8\"", BodyType::json},
        {"application/json ; charset=utf8 ; x=y;", BodyType::json},
        {"application/x-www-form-urlencoded", BodyType::form},
        {"application/x-www-form-urlencoded; charset=UTF-8", BodyType::form},
        {"multipart/form-data; boundary=x", BodyType::multipart},
        {"multipart/form-data", BodyType::multipart},
        {"application/json; charset=iso-8859-1", BodyType::other},
        {"application/json; charset=utf-16", BodyType::other},
        {"application/json; charset=utf-8; charset=utf-16", BodyType::other},
        {"application/jsonx", BodyType::other},
        {"application/problem+json", BodyType::other},
        {"text/json", BodyType::other},
        {"text/plain", BodyType::other},
        {"application/json, text/plain", BodyType::other},
        {"application/json charset=utf-8", BodyType::other},
        {"application", BodyType::other},
        {"/json", BodyType::other},
        {"application/", BodyType::other},
        {"", BodyType::other},
    };
    for (const auto& [field, type] : cases) {
        INFO(field);
        CHECK(http::body_type(with({{"content-type", field}})) == type);
    }
    CHECK(http::body_type(with({})) == BodyType::untold);
    CHECK(http::body_type(with({{"Content-Type", "application/json"}, {"Content-Type", "application/json"}})) ==
          BodyType::other);
    CHECK(http::body_type(with({{"Content-Type", "application/json"}, {"Content-Encoding", "gzip"}})) ==
          BodyType::other);
    CHECK(http::body_type(with({{"Content-Type", "application/json"}, {"Content-Encoding", "identity"}})) ==
          BodyType::json);
}

}  // namespace accept_test
