#include "server/http/part_header.hpp"

#include "base/utf8.hpp"
#include "server/http/framing.hpp"
#include "server/http/parameters.hpp"
#include "server/http/percent.hpp"
#include "server/http/request.hpp"

#include <algorithm>

namespace gatehouse::http {

namespace {

// The lines that mean something.
struct Lines {
    std::optional<std::string_view> disposition;
    std::optional<std::string_view> type;
    std::optional<std::string_view> transfer_encoding;
};

std::optional<std::string_view>* place_of(std::string_view name, Lines& lines) {
    if (same_name(name, "Content-Disposition")) return &lines.disposition;
    if (same_name(name, "Content-Type")) return &lines.type;
    if (same_name(name, "Content-Transfer-Encoding")) return &lines.transfer_encoding;
    return nullptr;
}

Flaw read_lines(std::string_view block, Lines& lines) {
    FieldLine line;
    while (!block.starts_with("\r\n")) {
        if (read_field(block, line) != Flaw::none) return Flaw::form_part_header;
        block.remove_prefix(line.length);
        auto* const place = place_of(line.name, lines);
        if (place == nullptr) continue;
        if (*place) return Flaw::form_part_header;
        *place = line.value;
    }
    return Flaw::none;
}

// Browsers write a quote as %22 and leave '%' as it is (HTML, "multipart/form-data encoding algorithm"). Their %0D and
// %0A stay: a name with a line break is worth nothing.
std::string with_quotes(std::string_view text) {
    constexpr std::string_view quote = "%22";
    std::string out;
    while (true) {
        const auto at = text.find(quote);
        out.append(text.substr(0, at));
        if (at == std::string_view::npos) return out;
        out.push_back('"');
        text.remove_prefix(at + quote.size());
    }
}

// ext-value = charset "'" [ language ] "'" value-chars (RFC 8187 section 3.2.1). nullopt: not in UTF-8, or malformed.
std::optional<std::string> read_extended(std::string_view value) {
    const auto charset = value.substr(0, value.find('\''));
    const auto language = value.find('\'', charset.size() + 1);
    if (!same_name(charset, "UTF-8") || language == std::string_view::npos) return std::nullopt;
    std::string out;
    if (!append_unescaped(value.substr(language + 1), Plus::itself, out) || !base::is_utf8(out)) return std::nullopt;
    return out;
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

std::string for_people(std::string_view file_name) {
    std::string text = base::as_utf8(file_name);
    std::replace_if(text.begin(), text.end(), is_control, '_');
    return text;
}

// A filename* that can't be read says that there is a file, and nothing else: RFC 7578 section 4.2 knows none.
std::optional<std::string> read_file_name(const Parameterized& disposition) {
    const auto* extended = disposition.find("filename*");
    const auto* plain = disposition.find("filename");
    if (extended == nullptr && plain == nullptr) return std::nullopt;
    auto name = extended == nullptr ? std::nullopt : read_extended(*extended);
    if (!name) name = plain == nullptr ? std::string() : with_quotes(*plain);
    return for_people(*name);
}

Flaw read_disposition(std::string_view field, std::size_t name_bytes, PartHeader& header) {
    const auto disposition = parse_parameters(field, Backslash::of_forms);
    if (!disposition || disposition->value != "form-data") return Flaw::form_disposition;
    const auto* name = disposition->find("name");
    if (name == nullptr) return Flaw::form_disposition;
    header.name = with_quotes(*name);
    if (std::any_of(header.name.begin(), header.name.end(), is_control) || !base::is_utf8(header.name))
        return Flaw::form_name;
    header.filename = read_file_name(*disposition);
    const bool long_name = header.name.size() > name_bytes || (header.filename && header.filename->size() > name_bytes);
    return long_name ? Flaw::form_name_too_long : Flaw::none;
}

bool is_identity(std::string_view transfer_encoding) {
    return same_name(transfer_encoding, "binary") || same_name(transfer_encoding, "8bit") ||
           same_name(transfer_encoding, "7bit");
}

}  // namespace

Flaw read_part_header(std::string_view block, std::size_t name_bytes, PartHeader& header) {
    Lines lines;
    if (const Flaw flaw = read_lines(block, lines); flaw != Flaw::none) return flaw;
    if (!lines.disposition) return Flaw::form_disposition;
    if (lines.transfer_encoding && !is_identity(*lines.transfer_encoding)) return Flaw::form_transfer_encoding;
    header.content_type = lines.type.value_or(std::string_view());
    return read_disposition(*lines.disposition, name_bytes, header);
}

}  // namespace gatehouse::http
