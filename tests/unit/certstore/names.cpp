// Names into certificates and out of them again.
#include "certstore/names.hpp"

#include <catch2/catch.hpp>
#include <openssl/err.h>

namespace gatehouse::certstore::names_test {
namespace {

std::string read_back(const std::string& text, int type) {
    const std::unique_ptr<ASN1_STRING, Free<ASN1_STRING_free>> string(ASN1_STRING_type_new(type));
    REQUIRE(ASN1_STRING_set(string.get(), text.data(), static_cast<int>(text.size())) == 1);
    return readable(string.get());
}

TEST_CASE("names and addresses are told apart, and read back as they were given") {
    const std::vector<std::string> names{"box.example", "*.box.example", "192.0.2.1", "2001:db8::1", "a_b"};
    const auto encoded = alternative_names(names);
    REQUIRE(encoded);
    CHECK(texts_of(encoded->get()) == names);
    CHECK(texts_of(nullptr).empty());
}

TEST_CASE("an address with something behind a NUL is no address") {
    for (const std::string& name : {std::string("192.0.2.1\0evil", 14), std::string("::1\0", 4)}) {
        const auto encoded = alternative_names({name});
        REQUIRE_FALSE(encoded);
        CHECK(encoded.error().code == "name_invalid");
    }
}

TEST_CASE("a long name is cut behind a whole character, and nothing in it disturbs a line") {
    std::string umlauts;
    for (int i = 0; i < 200; ++i)
        umlauts += "\xC3\xBC";
    CHECK(read_back("x" + umlauts, V_ASN1_UTF8STRING) == "x" + umlauts.substr(0, 254));
    CHECK(read_back(umlauts, V_ASN1_UTF8STRING) == umlauts.substr(0, 256));
    CHECK(read_back("a\nb\x7F", V_ASN1_UTF8STRING) == "a?b?");
    CHECK(read_back("\xFF\xFE", V_ASN1_UTF8STRING).empty());
    CHECK(ERR_peek_error() == 0);
}

}  // namespace
}  // namespace gatehouse::certstore::names_test
