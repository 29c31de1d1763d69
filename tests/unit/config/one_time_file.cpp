#include "config/one_time_file.hpp"

#include "tests/unit/base/another_user.hpp"
#include "tests/unit/folder.hpp"

#include <catch2/catch.hpp>

#include <sys/stat.h>
#include <unistd.h>

namespace one_time_file_test {
namespace {

using namespace gatehouse::config;
using gatehouse::base::Error;
using gatehouse::base::ErrorKind;
using gatehouse::base::SystemFiles;
using gatehouse::tests::AnotherUser;
using gatehouse::tests::Folder;
namespace fs = std::filesystem;

const std::string digest_key(32, 'k');

Error fault(std::string_view text) {
    const auto file = parse_one_time_file(text, "otc");
    REQUIRE_FALSE(file);
    CHECK(file.error().kind == ErrorKind::input);
    REQUIRE(file.error().message.starts_with("otc: "));
    return file.error();
}

Error refusal(const fs::path& path) {
    const auto file = read_one_time_file(SystemFiles(), path, digest_key);
    REQUIRE_FALSE(file);
    CHECK(file.error().code == "otc_unreadable");
    CHECK(file.error().kind == ErrorKind::io);
    CHECK(file.error().message.find(path.string()) != std::string::npos);
    CHECK(file.error().text().find("hunter2") == std::string::npos);
    return file.error();
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

// A folder with a good one-time file "otc".
struct Box {
    Folder folder;
    fs::path path = folder / "otc";
    Box() {
        folder.write("otc", R"({"keypass": "hunter2"})");
        ::chmod(path.c_str(), 0600);
    }
};

}  // namespace

TEST_CASE("one passphrase serves both doors") {
    const auto file = parse_one_time_file(R"({"keypass": "open \u00e4 sesame"})", "otc");
    REQUIRE(file);
    CHECK(file->shared_keypass);
    REQUIRE(file->keypass.clean);
    REQUIRE(file->keypass.admin);
    CHECK(file->keypass.clean->reveal() == "open ä sesame");
    CHECK(file->keypass.admin->reveal() == "open ä sesame");
    CHECK(file->digest.empty());
}

TEST_CASE("each door may have its own passphrase, or only one door") {
    const auto both = parse_one_time_file(R"({"keypass": {"clean": "c", "admin": "a"}})", "otc");
    REQUIRE(both);
    CHECK_FALSE(both->shared_keypass);
    CHECK(both->keypass.clean->reveal() == "c");
    CHECK(both->keypass.admin->reveal() == "a");
    const auto one = parse_one_time_file(R"({"keypass": {"admin": "a"}})", "otc");
    REQUIRE(one);
    CHECK_FALSE(one->keypass.clean);
    CHECK(one->keypass.admin->reveal() == "a");
}

TEST_CASE("a passphrase of 1024 bytes is taken, and a line end in it kept") {
    const std::string longest(1024, 'p');
    CHECK(parse_one_time_file(R"({"keypass": ")" + longest + "\"}", "otc")->keypass.clean->reveal() == longest);
    CHECK(parse_one_time_file(R"({"keypass": "p\n"})", "otc")->keypass.clean->reveal() == "p\n");
}

TEST_CASE("a file that says nothing is valid") {
    const auto file = parse_one_time_file("{}", "otc");
    REQUIRE(file);
    CHECK_FALSE(file->keypass.clean);
    CHECK_FALSE(file->keypass.admin);
}

TEST_CASE("what is no passphrase is refused by its path") {
    const std::string too_long(1025, 'p');
    CHECK(contains(fault(R"({"keypass": ""})").message, "keypass is empty."));
    CHECK(contains(fault(R"({"keypass": ")" + too_long + "\"}").message, "keypass is longer than 1024 bytes."));
    CHECK(contains(fault(R"({"keypass": "a\u0000b"})").message, "keypass holds a NUL character."));
    CHECK(contains(fault(R"({"keypass": 5})").message, "keypass must be a text, or an object"));
    CHECK(contains(fault(R"({"keypass": null})").message, "keypass must be a text, or an object"));
    CHECK(contains(fault(R"({"keypass": ["a"]})").message, "keypass must be a text, or an object"));
    CHECK(contains(fault(R"({"keypass": {}})").message, "keypass names no door."));
    CHECK(contains(fault(R"({"keypass": {"clean": 1}})").message, "keypass.clean must be a text"));
    CHECK(contains(fault(R"({"keypass": {"admin": ""}})").message, "keypass.admin is empty."));
    CHECK(contains(fault("[]").message, "the whole text must be an object"));
    CHECK(fault(R"({"keypass": ""})").code == "otc_invalid");
}

TEST_CASE("an unknown member is refused with the nearest known name") {
    const Error error = fault(R"({"keypas": "x"})");
    CHECK(error.code == "otc_invalid");
    CHECK(error.message == "otc: keypas is not known here.");
    CHECK(error.advice == "Did you mean \"keypass\"?");
    CHECK(fault(R"({"keypass": {"Admin": "x"}})").text() ==
          "otc: keypass.Admin is not known here. Did you mean \"admin\"?");
    CHECK(fault(R"({"something": 1})").advice == "Known are: keypass, users, apikeys.");
}

TEST_CASE("API keys are read as they are written; a label is not needed") {
    const auto file = parse_one_time_file(
        R"({"apikeys": [{"name": "mail gateway", "username": "esa", "apikey": "0123456789abcdefABCDEF"},
                        {"username": "ada", "apikey": "k"}]})",
        "otc");
    REQUIRE(file);
    REQUIRE(file->api_keys.size() == 2);
    CHECK(file->api_keys[0].name == "mail gateway");
    CHECK(file->api_keys[0].username == "esa");
    CHECK(file->api_keys[0].key.reveal() == "0123456789abcdefABCDEF");
    CHECK(file->api_keys[1].name.empty());
    CHECK(file->users.empty());
}

TEST_CASE("what is wrong with an API key is told by its path, without the key") {
    const auto told = [](const std::string& keys) { return fault(R"({"apikeys": )" + keys + "}").message; };
    CHECK(told("{}") == "otc: apikeys must be a list [ ... ] of at least one API key.");
    CHECK(told("[]") == "otc: apikeys must be a list [ ... ] of at least one API key.");
    CHECK(told(R"(["hunter2"])") == "otc: apikeys[0] must be an object { ... }.");
    CHECK(told(R"([{"username": "a", "apikey": "hunter2"}, {"apikey": "hunter2"}])") ==
          "otc: apikeys[1] has no \"username\".");
    CHECK(told(R"([{"username": "a"}])") == "otc: apikeys[0] has no \"apikey\".");
    CHECK(told(R"([{"username": "a", "apikey": ""}])") == "otc: apikeys[0].apikey is empty.");
    CHECK(told(R"([{"username": "a", "apikey": 7}])") == "otc: apikeys[0].apikey must be a text in double quotes.");
    CHECK(told(R"([{"username": "a", "api_key": "hunter2"}])") == "otc: apikeys[0].api_key is not known here.");
    std::string many = "[";
    for (int i = 0; i < 101; ++i)
        many += std::string(i == 0 ? "" : ",") + R"({"username": "a", "apikey": "k"})";
    CHECK(told(many + "]") == "otc: apikeys has more than 100 elements.");
}

TEST_CASE("a user is of the admin door unless the file says otherwise") {
    const auto file = parse_one_time_file(
        R"({"users": [{"username": "a", "password": "p"}, {"username": "a", "password": "p", "interface": "clean"},
                      {"username": "a", "password": "p", "interface": "admin"}]})",
        "otc");
    REQUIRE(file);
    REQUIRE(file->users.size() == 3);
    CHECK(file->users[0].interface == gatehouse::config::Interface::admin);
    CHECK(file->users[1].interface == gatehouse::config::Interface::clean);
    CHECK(file->users[2].interface == gatehouse::config::Interface::admin);
}

TEST_CASE("users are read as they are written") {
    const auto file = parse_one_time_file(
        R"({"users": [{"username": "ada", "password": "long enough", "email": "a@b.example", "name": "Ada L.",
                       "role": "read", "interface": "admin"}, {"username": "bo", "password": "p"}]})",
        "otc");
    REQUIRE(file);
    REQUIRE(file->users.size() == 2);
    const OneTimeUser& ada = file->users[0];
    CHECK(ada.username == "ada");
    CHECK(ada.password.reveal() == "long enough");
    CHECK(ada.email == "a@b.example");
    CHECK(ada.name == "Ada L.");
    CHECK(ada.role == "read");
    CHECK(file->users[1].role.empty());
}

TEST_CASE("what is wrong with a user is told by its path, without the password") {
    const auto told = [](const std::string& users) { return fault(R"({"users": )" + users + "}").message; };
    CHECK(told("{}") == "otc: users must be a list [ ... ] of at least one user.");
    CHECK(told("[]") == "otc: users must be a list [ ... ] of at least one user.");
    CHECK(told("[7]") == "otc: users[0] must be an object { ... }.");
    CHECK(told(R"([{"password": "hunter2"}])") == "otc: users[0] has no \"username\".");
    CHECK(told(R"([{"username": "a"}])") == "otc: users[0] has no \"password\".");
    CHECK(told(R"([{"username": "a", "password": 7}])") == "otc: users[0].password must be a text in double quotes.");
    CHECK(told(R"([{"username": 7, "password": "hunter2"}])") ==
          "otc: users[0].username must be a text in double quotes.");
    CHECK(told(R"([{"username": "a", "password": "hunter2", "interface": "both"}])") ==
          "otc: users[0].interface must be \"admin\" or \"clean\".");
    CHECK(told(R"([{"username": "a", "pasword": "hunter2"}])") == "otc: users[0].pasword is not known here.");
}

TEST_CASE("bad JSON is told by line and column, and no error quotes what may be a passphrase") {
    for (const auto* text : {"{\"keypass\": \"hunter2\" x}", "{\"keypass\": \"hunter2", "{\"keypass\": hunter2}",
                             "{\"keypass\": \"hunter2\", \"keypass\": \"hunter2\"}", "\"hunter2\"", "hunter2",
                             "{\"keypass\": \"hunter2\\q\"}", "{\"keypass\": [\"hunter2\"]}",
                             "{\"keypass\": {\"clean\": \"hunter2\", \"x\": \"hunter2\"}}", ""}) {
        const Error error = fault(text);
        CHECK(error.code == "otc_invalid");
        CHECK_FALSE(contains(error.text(), "hunter2"));
    }
    CHECK(fault("{\n\"keypass\" \"hunter2\"}").message == "otc: line 2, column 19: this is not valid JSON.");
    CHECK(fault(R"({"keypass": "a", "keypass": "b"})").message == "otc: keypass appears twice.");
    CHECK(fault(std::string(60'000, '[')).message == "otc: the text nests more than 32 levels deep.");
}

TEST_CASE("no file is no error") {
    const Folder folder;
    const auto file = read_one_time_file(SystemFiles(), folder / "none", digest_key);
    REQUIRE(file);
    CHECK_FALSE(*file);
    CHECK_FALSE(*read_one_time_file(SystemFiles(), folder / "no/folder", digest_key));
}

TEST_CASE("a file is read with a digest that depends on its bytes and on the key, and does not show either") {
    const Box box;
    const auto first = read_one_time_file(SystemFiles(), box.path, digest_key);
    REQUIRE(first);
    REQUIRE(*first);
    CHECK((*first)->keypass.clean->reveal() == "hunter2");
    CHECK((*first)->digest.size() == 64);
    CHECK((*first)->identity == SystemFiles().facts(box.path)->identity);
    CHECK((*first)->digest.find_first_not_of("0123456789abcdef") == std::string::npos);
    CHECK((*read_one_time_file(SystemFiles(), box.path, digest_key))->digest == (*first)->digest);
    CHECK((*read_one_time_file(SystemFiles(), box.path, std::string(32, 'x')))->digest != (*first)->digest);
    box.folder.write("otc", R"({"keypass": "hunter2"} )");
    CHECK((*read_one_time_file(SystemFiles(), box.path, digest_key))->digest != (*first)->digest);
}

TEST_CASE("a new file has another digest although it says the same") {
    const Box box;
    const auto first = read_one_time_file(SystemFiles(), box.path, digest_key);
    const std::string text(SystemFiles().read(box.path, 1024)->bytes.reveal());
    SystemFiles files;
    REQUIRE(write_atomically(files, box.path, text, 0600));  // another inode
    CHECK((*read_one_time_file(SystemFiles(), box.path, digest_key))->digest != (*first)->digest);
}

TEST_CASE("what a crash left of a wiped file is told from one that is wrong") {
    const Box box;
    box.folder.write("otc", std::string(40, '\0'));
    const auto file = read_one_time_file(SystemFiles(), box.path, digest_key);
    REQUIRE(file);
    REQUIRE(*file);
    CHECK((*file)->wiped);
}

TEST_CASE("a digest without a key is refused, since it would give a weak passphrase away") {
    const Box box;
    const auto file = read_one_time_file(SystemFiles(), box.path, "");
    REQUIRE_FALSE(file);
    CHECK(file.error().kind == ErrorKind::internal);
}

TEST_CASE("a symbolic link is not followed, and nobody is told to move or copy what it leads to") {
    const Box box;
    fs::rename(box.path, box.folder / "other");
    fs::create_symlink("other", box.path);
    const Error error = refusal(box.path);
    CHECK(contains(error.message, "is a symbolic link"));
    CHECK(error.advice == "Remove the link, and lay the file down itself.");
}

TEST_CASE("a file with a second name is refused") {
    const Box box;
    fs::create_hard_link(box.path, box.folder / "second");
    CHECK(contains(refusal(box.path).message, "has 2 names"));
    CHECK(refusal(box.path).advice == "Remove them all, and lay the file down anew.");
}

TEST_CASE("a folder or a pipe in its place is refused without waiting") {
    const Folder folder;
    fs::create_directory(folder / "otc");
    refusal(folder / "otc");
    REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
    refusal(folder / "pipe");
}

TEST_CASE("a file that others than its owner may write is refused with the command that mends it") {
    const Box box;
    for (const mode_t mode : {0620U, 0602U, 0666U}) {
        REQUIRE(::chmod(box.path.c_str(), mode) == 0);
        const Error error = refusal(box.path);
        CHECK(contains(error.advice, "Check what it says. Run: "));
        CHECK(contains(error.advice, "chmod go-rwx " + box.path.string()));
    }
    REQUIRE(::chmod(box.path.c_str(), 0644) == 0);
    CHECK(read_one_time_file(SystemFiles(), box.path, digest_key));
}

TEST_CASE("a file of a foreign user is refused, one of root or one's own is not") {
    const Box box;
    CHECK(read_one_time_file(SystemFiles(), box.path, digest_key));
    if (::geteuid() != 0) return;
    REQUIRE(::chown(box.path.c_str(), AnotherUser::id, AnotherUser::id) == 0);
    const Error error = refusal(box.path);
    CHECK(contains(error.message, "belongs to nobody"));
    CHECK(contains(error.advice, "Run: chown root " + box.path.string()));

    REQUIRE(::chmod(box.folder.path().c_str(), 0755) == 0);
    const AnotherUser nobody;
    CHECK(read_one_time_file(SystemFiles(), box.path, digest_key));
}

TEST_CASE("root's file is taken by the service's user where it may read it, else the command that mends it is told") {
    const Box box;
    if (::geteuid() != 0) return;
    REQUIRE(::chmod(box.folder.path().c_str(), 0755) == 0);
    REQUIRE(::chmod(box.path.c_str(), 0644) == 0);
    {
        const AnotherUser nobody;
        CHECK(read_one_time_file(SystemFiles(), box.path, digest_key));
    }
    REQUIRE(::chmod(box.path.c_str(), 0600) == 0);
    const AnotherUser nobody;
    CHECK(refusal(box.path).advice == "Run: chown nobody " + box.path.string());
}

TEST_CASE("a file of more than 64 KiB is refused") {
    const Box box;
    const std::string text = R"({"keypass": "hunter2"})";
    box.folder.write("otc", text + std::string(64 * 1024 - text.size(), ' '));
    CHECK(read_one_time_file(SystemFiles(), box.path, digest_key));
    box.folder.write("otc", text + std::string(64 * 1024 - text.size() + 1, ' '));
    CHECK(contains(refusal(box.path).text(), "64 KiB"));
}

}  // namespace one_time_file_test
