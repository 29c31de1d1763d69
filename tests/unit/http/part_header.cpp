#include "server/http/part_header.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace part_header_test {

using namespace gatehouse;
using namespace std::string_literals;
using http::Flaw;

namespace {

constexpr std::size_t name_bytes = 40;

http::PartHeader read(const std::string& lines) {
    INFO(lines);
    http::PartHeader header;
    REQUIRE(http::read_part_header(lines + "\r\n\r\n", name_bytes, header) == Flaw::none);
    return header;
}

Flaw flaw_of(const std::string& lines) {
    http::PartHeader header;
    return http::read_part_header(lines + "\r\n\r\n", name_bytes, header);
}

// The file name of a part whose Content-Disposition ends so.
std::optional<std::string> file_name(const std::string& parameters) {
    return read("Content-Disposition: form-data; name=\"sample\"; " + parameters).filename;
}

}  // namespace

TEST_CASE("a part's name, file name and type are read, other lines are not") {
    const auto header = read(
        "content-disposition: Form-Data; name=\"sample\"; filename=\"a b.txt\"; size=5\r\nContent-Type:  text/plain; "
        "charset=x \r\nContent-Transfer-Encoding: Binary\r\nContent-Length: 5\r\nX-Other:\r\nX-Other: again");
    CHECK(header.name == "sample");
    CHECK(header.filename == "a b.txt");
    CHECK(header.content_type == "text/plain; charset=x");
    const auto plain = read("Content-Disposition: form-data;name=x");
    CHECK(plain.name == "x");
    CHECK(plain.filename == std::nullopt);
    CHECK(plain.content_type.empty());
    CHECK(read("Content-Disposition: form-data; name=\"\"").name.empty());
    CHECK(read("Content-Disposition: form-data; name=\"fie%22ld\"").name == "fie\"ld");
    CHECK(read("Content-Disposition: form-data; name=\"\xc3\xa9\"").name == "\xc3\xa9");
}

TEST_CASE("file names are read as browsers, curl and Python's libraries write them") {
    CHECK(file_name("filename=\"\"") == "");
    CHECK(file_name("filename=\"we%22ird\\na.txt\"") == "we\"ird\\na.txt");           // curl 7.88, Chromium
    CHECK(file_name("filename=\"we\\\"ird\\\\na.txt\"") == "we\"ird\\na.txt");        // curl --form-escape
    CHECK(file_name("filename=\"a%0D%0Ab\xc3\xa9.txt\"") == "a%0D%0Ab\xc3\xa9.txt");  // a line break, by a browser
    CHECK(file_name("filename*=utf-8''na%C3%AFve%20a.txt") == "na\xc3\xafve a.txt");  // urllib3 1
    CHECK(file_name("filename=\"fallback\"; filename*=UTF-8'en'%e2%82%ac") == "\xe2\x82\xac");
    CHECK(file_name("filename*=UTF-8''a; filename=b") == "a");
    CHECK(file_name("filename=\"C:\\dir\\file.exe\"") == "C:\\dir\\file.exe");
    CHECK(file_name("filename=\"../../etc/passwd\"") == "../../etc/passwd");
    CHECK(file_name("filename=\"100%.txt\"") == "100%.txt");
}

TEST_CASE("a file name is made fit to be shown, whatever it was") {
    CHECK(file_name("filename=\"a\xe9z\"") == "a\xef\xbf\xbdz");
    CHECK(file_name("filename=\"a\tb\"") == "a_b");
    CHECK(file_name("filename*=UTF-8''a%00b%0a%1b%7f") == "a_b___");
}

TEST_CASE("a filename* that can't be read gives way to filename, and without it there is a file without a name") {
    for (const std::string extended :
         {"UTF-8''%zz", "UTF-8''%e9", "UTF-8''%", "ISO-8859-1''%e9", "UTF-8'abc", "abc", "''abc", "UTF-16''a"}) {
        INFO(extended);
        CHECK(file_name("filename=\"plain\"; filename*=" + extended) == "plain");
        CHECK(file_name("filename*=" + extended) == "");
    }
}

TEST_CASE("parts whose header is malformed, ambiguous or no form's are refused") {
    struct Case {
        std::string lines;
        Flaw flaw;
    };
    const std::vector<Case> cases{
        {"Content-Type: text/plain", Flaw::form_disposition},
        {"Content-Disposition: form-data", Flaw::form_disposition},
        {"Content-Disposition: form-data; filename=a", Flaw::form_disposition},
        {"Content-Disposition: attachment; name=a", Flaw::form_disposition},
        {"Content-Disposition: form-data name=a", Flaw::form_disposition},
        {"Content-Disposition: form-data; name=a; name=b", Flaw::form_disposition},
        {"Content-Disposition: form-data; name=a; filename=a; filename=b", Flaw::form_disposition},
        {"Content-Disposition: form-data; name=\"a", Flaw::form_disposition},
        {"Content-Disposition: form-data; name=a b", Flaw::form_disposition},
        {"Content-Disposition:", Flaw::form_disposition},
        {"Content-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=a", Flaw::form_part_header},
        {"Content-Type: a/b\r\nContent-Disposition: form-data; name=a\r\ncontent-type: c/d", Flaw::form_part_header},
        {"Content-Disposition : form-data; name=a", Flaw::form_part_header},
        {"Content-Disposition: form-data;\r\n name=a", Flaw::form_part_header},
        {" Content-Disposition: form-data; name=a", Flaw::form_part_header},
        {"Content-Disposition: form-data; name=a\nX: y", Flaw::form_part_header},
        {"Content-Disposition: form-data; name=\"a\0\""s, Flaw::form_part_header},
        {"Content-Disposition: form-data; name=a\r\nX: \0"s, Flaw::form_part_header},
        {"Content-Disposition: form-data; name=a\r\nnothing", Flaw::form_part_header},
        {"Content-Disposition: form-data; name=a\r\n: x", Flaw::form_part_header},
        {"Content-Disposition: form-data; name=\"\xe9\"", Flaw::form_name},
        {"Content-Disposition: form-data; name=\"a\tb\"", Flaw::form_name},
        {"Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: base64", Flaw::form_transfer_encoding},
        {"Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding: quoted-printable",
         Flaw::form_transfer_encoding},
        {"Content-Disposition: form-data; name=a\r\nContent-Transfer-Encoding:", Flaw::form_transfer_encoding},
        {"Content-Disposition: form-data; name=" + std::string(name_bytes + 1, 'a'), Flaw::form_name_too_long},
        {"Content-Disposition: form-data; name=a; filename=" + std::string(name_bytes + 1, 'a'),
         Flaw::form_name_too_long},
    };
    for (const auto& refused : cases) {
        INFO(refused.lines);
        CHECK(flaw_of(refused.lines) == refused.flaw);
    }
    CHECK(read("Content-Disposition: form-data; name=" + std::string(name_bytes, 'a')).name.size() == name_bytes);
    http::PartHeader header;
    CHECK(http::read_part_header("\r\n", name_bytes, header) == Flaw::form_disposition);
}

}  // namespace part_header_test
