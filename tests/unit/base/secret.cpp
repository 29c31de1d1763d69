#include "base/secret.hpp"

#include <catch2/catch.hpp>

#include <type_traits>

namespace secret_test {

using gatehouse::base::Secret;

TEST_CASE("a secret can't be copied by accident, but on purpose") {
    static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
    static_assert(!std::is_convertible_v<Secret, std::string_view> && !std::is_convertible_v<Secret, std::string>);
    const Secret first("open sesame");
    const Secret second = first.clone();
    CHECK(second.reveal() == "open sesame");
    CHECK(second.reveal().data() != first.reveal().data());
}

TEST_CASE("a secret of a size begins as zeros and can be filled") {
    Secret secret(std::size_t{4});
    CHECK(secret.reveal() == std::string_view("\0\0\0\0", 4));
    secret.writable()[1] = 'x';
    CHECK(secret.reveal() == std::string_view("\0x\0\0", 4));
}

TEST_CASE("shrinking a secret wipes what it forgets and never makes it longer") {
    Secret secret("abcdef");
    const char* memory = secret.reveal().data();
    secret.shrink(2);
    CHECK(secret.reveal() == "ab");
    CHECK(std::string_view(memory + 2, 4) == std::string_view("\0\0\0\0", 4));
    secret.shrink(5);
    CHECK(secret.size() == 2);
}

TEST_CASE("a secret that was moved from is empty, and assigning to itself keeps it") {
    Secret first("abc");
    Secret second(std::move(first));
    CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is what is proved
    CHECK(second.reveal() == "abc");
    Secret third("other");
    third = std::move(second);
    CHECK(third.reveal() == "abc");
    CHECK(second.empty());  // NOLINT(bugprone-use-after-move)
    Secret& alias = third;
    third = std::move(alias);
    CHECK(third.reveal() == "abc");
}

TEST_CASE("secrets are equal when length and every byte are") {
    const Secret secret(std::string_view("ab\0c", 4));
    CHECK(secret.equals(std::string_view("ab\0c", 4)));
    CHECK_FALSE(secret.equals(std::string_view("ab\0d", 4)));
    CHECK_FALSE(secret.equals(std::string_view("xb\0c", 4)));
    CHECK_FALSE(secret.equals("ab"));
    CHECK(Secret().equals(""));
    CHECK_FALSE(Secret().equals("a"));
}

}  // namespace secret_test
