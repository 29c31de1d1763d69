#include "certstore/armor.hpp"

#include "base/advice.hpp"
#include "base/text.hpp"
#include "certstore/openssl.hpp"

#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/pkcs7.h>

#include <algorithm>
#include <array>

namespace gatehouse::certstore {

namespace {

constexpr std::string_view begin_marker = "-----BEGIN ";
constexpr std::string_view end_marker = "-----END ";
constexpr std::string_view dashes = "-----";
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view blank = " \t\r\n\v\f";
constexpr std::size_t longest_marker_label = 64;

// The label of the marker whose text begins at `at`; nullopt: no marker after all.
std::optional<std::string_view> label_at(std::string_view text, std::size_t at) {
    const std::string_view rest = text.substr(at, longest_marker_label + dashes.size());
    const std::size_t end = rest.find(dashes);
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    const std::string_view label = rest.substr(0, end);
    const bool plain = std::all_of(label.begin(), label.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return plain ? std::optional(label) : std::nullopt;
}

bool starts_a_line(std::string_view text, std::size_t at) {
    std::string_view before = text.substr(0, at);
    while (!before.empty()) {
        if (before.back() == ' ' || before.back() == '\t') {
            before.remove_suffix(1);
        } else if (before.ends_with(byte_order_mark)) {
            before.remove_suffix(byte_order_mark.size());
        } else {
            break;
        }
    }
    return before.empty() || before.back() == '\n' || before.back() == '\r' || before.ends_with(dashes);
}

// Position of the next BEGIN marker from `from` on, npos if there is none.
std::size_t next_begin(std::string_view text, std::size_t from, bool at_line_start) {
    for (std::size_t at = text.find(begin_marker, from); at != std::string_view::npos;
         at = text.find(begin_marker, at + 1)) {
        if ((!at_line_start || starts_a_line(text, at)) && label_at(text, at + begin_marker.size())) return at;
    }
    return std::string_view::npos;
}

// Takes the first line off `rest`, whatever ends it.
std::string_view take_line(std::string_view& rest) {
    const std::size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    const std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return line;
}

// The base64 of a body: what follows its headers. Base64 has no colon, so a line with one is a header.
std::string_view without_headers(std::string_view body) {
    std::string_view rest = body;
    while (!rest.empty()) {
        std::string_view after = rest;
        const std::string_view line = take_line(after);
        if (!base::trimmed(line, blank).empty() && line.find(':') == std::string_view::npos) break;
        rest = after;
    }
    return rest;
}

bool same_text(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return (x | 0x20) == (y | 0x20); });
}

// Whether OpenSSL's d2i function takes the bytes.
template <class T>
bool decodes_as(T* (*decoder)(T**, const unsigned char**, long), void (*release)(T*), std::string_view text) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    T* object = decoder(nullptr, &bytes, static_cast<long>(text.size()));
    ERR_clear_error();
    if (object == nullptr) return false;
    release(object);
    return true;
}

Foreign recognise_der(std::string_view text, const std::string& path, bool wants_key) {
    const std::string out = " -out NEW.pem";
    const std::string from = " -inform DER -in " + path + out;
    if (decodes_as(d2i_X509, X509_free, text)) {
        return {"is a certificate in DER form, not PEM.", "Convert it: openssl x509" + from};
    }
    if (decodes_as(d2i_PKCS12, PKCS12_free, text)) {
        return {"is a PKCS#12 container (.p12, .pfx), not PEM.",
                "Convert it: openssl pkcs12 -in " + path + (wants_key ? " -nocerts" : " -nokeys") + out};
    }
    if (decodes_as(d2i_AutoPrivateKey, EVP_PKEY_free, text)) {
        return {"is a private key in DER form, not PEM.", "Convert it: openssl pkey" + from};
    }
    if (decodes_as(d2i_X509_SIG, X509_SIG_free, text)) {
        return {"is an encrypted private key in DER form, not PEM.", "Convert it: openssl pkcs8 -topk8" + from};
    }
    if (decodes_as(d2i_PKCS7, PKCS7_free, text)) {
        return {"is a PKCS#7 bundle (.p7b) in DER form, not PEM.", "Convert it: openssl pkcs7 -print_certs" + from};
    }
    return {"is binary, and neither a certificate nor a key that is known here.",
            "Give PEM: text with -----BEGIN and -----END lines."};
}

Foreign recognise_block(std::string_view label, const std::string& path, bool wants_key) {
    const std::string holds = "holds a block \"" + std::string(label) + "\"";
    if (label == "PKCS7" || label == "CMS") {
        return {holds + ", a PKCS#7 bundle.", "Convert it: openssl pkcs7 -print_certs -in " + path + " -out NEW.pem"};
    }
    if (label.ends_with("CERTIFICATE REQUEST")) {
        return {holds + ", a signing request, which a CA must sign first.", "Give the certificate that the CA sent."};
    }
    if (label.ends_with("PUBLIC KEY")) {
        return {holds + ", which is only the public half.", "Give the file with the private key."};
    }
    return {holds + (wants_key ? " but no private key." : " but no certificate."), ""};
}

}  // namespace

std::vector<ArmorBlock> find_blocks(std::string_view text) {
    std::vector<ArmorBlock> blocks;
    std::size_t at = next_begin(text, 0, true);
    while (at != std::string_view::npos) {
        ArmorBlock block;
        block.label = *label_at(text, at + begin_marker.size());
        const std::size_t start = at + begin_marker.size() + block.label.size() + dashes.size();
        // Before its END a block holds no dashes, so any BEGIN there, wherever in a line, tells that it was cut off.
        at = next_begin(text, start, false);
        block.body = text.substr(start, at == std::string_view::npos ? at : at - start);
        const std::size_t end = block.body.find(end_marker);
        if (end != std::string_view::npos) {
            block.complete = label_at(block.body, end + end_marker.size()) == block.label;
            block.body = block.body.substr(0, end);
            at = next_begin(text, start + end, true);
        }
        blocks.push_back(block);
    }
    return blocks;
}

std::optional<std::string_view> header(const ArmorBlock& block, std::string_view name) {
    std::string_view rest = block.body.substr(0, block.body.size() - without_headers(block.body).size());
    while (!rest.empty()) {
        const std::string_view line = base::trimmed(take_line(rest), blank);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos) continue;
        if (same_text(base::trimmed(line.substr(0, colon), blank), name))
            return base::trimmed(line.substr(colon + 1), blank);
    }
    return std::nullopt;
}

std::optional<base::Secret> decode(const ArmorBlock& block) {
    const std::string_view body = without_headers(block.body);
    base::Secret text(body.size());
    std::size_t size = 0;
    for (std::size_t i = 0; i < body.size(); ++i) {
        if (blank.find(body[i]) != std::string_view::npos) continue;
        if (body.substr(i).starts_with(byte_order_mark)) {
            i += byte_order_mark.size() - 1;
            continue;
        }
        text.writable()[size++] = body[i];
    }
    text.shrink(size);
    if (size == 0 || size % 4 != 0) return std::nullopt;
    const std::string_view base64 = text.reveal();
    const std::size_t padding = base64.ends_with("==") ? 2 : base64.ends_with('=') ? 1 : 0;
    if (base64.substr(0, size - padding).find('=') != std::string_view::npos) return std::nullopt;
    base::Secret bytes(size / 4 * 3);
    const int written = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.writable()),
                                        reinterpret_cast<const unsigned char*>(base64.data()), static_cast<int>(size));
    if (written < 0) {
        ERR_clear_error();
        return std::nullopt;
    }
    bytes.shrink(static_cast<std::size_t>(written) - padding);
    return bytes;
}

base::Secret encode(std::string_view label, std::string_view bytes, std::string_view headers) {
    constexpr std::size_t bytes_a_line = 48;
    const std::size_t lines = (bytes.size() + bytes_a_line - 1) / bytes_a_line;
    const std::size_t markers =
        begin_marker.size() + end_marker.size() + 2 * (label.size() + dashes.size() + 1) + headers.size() + 1;
    base::Secret text(markers + (bytes.size() + 2) / 3 * 4 + lines);
    char* at = text.writable();
    const auto append = [&at](std::string_view part) { at = std::copy(part.begin(), part.end(), at); };
    append(begin_marker);
    append(label);
    append("-----\n");
    append(headers);
    if (!headers.empty()) append("\n");
    while (!bytes.empty()) {
        const std::string_view line = bytes.substr(0, bytes_a_line);
        // It ends what it writes with a NUL, over which the next line comes.
        at += EVP_EncodeBlock(reinterpret_cast<unsigned char*>(at), reinterpret_cast<const unsigned char*>(line.data()),
                              static_cast<int>(line.size()));
        append("\n");
        bytes.remove_prefix(line.size());
    }
    append(end_marker);
    append(label);
    append("-----\n");
    text.shrink(static_cast<std::size_t>(at - text.writable()));
    return text;
}

bool is_certificate(const ArmorBlock& block) {
    return block.label == "CERTIFICATE" || block.label == "X509 CERTIFICATE" || block.label == "TRUSTED CERTIFICATE";
}

bool is_private_key(const ArmorBlock& block) {
    return block.label.ends_with("PRIVATE KEY");
}

Foreign recognise(std::string_view text, std::string_view file, bool wants_key) {
    const std::string path = base::shell_quoted(std::string(file));
    const std::string_view pem_start = text.starts_with(byte_order_mark) ? text.substr(3) : text;
    if (base::trimmed(pem_start, blank).empty()) return {"is empty.", "Put the file in place again."};
    const std::array wide{std::string_view("\xFF\xFE", 2), std::string_view("\xFE\xFF", 2), std::string_view("-\0-", 3),
                          std::string_view("\0-\0", 3)};
    if (std::any_of(wide.begin(), wide.end(), [&](std::string_view mark) { return text.starts_with(mark); })) {
        return {"is UTF-16 text, as Windows tools write it.",
                "Convert it: iconv -f UTF-16 -t UTF-8 " + path + " > NEW.pem"};
    }
    const std::vector<ArmorBlock> blocks = find_blocks(text);
    for (const ArmorBlock& block : blocks) {
        if (!wants_key && is_private_key(block)) {
            return {"holds a private key but no certificate.", "Give the certificate here, the key in its own place."};
        }
        if (wants_key && is_certificate(block)) {
            return {"holds a certificate but no private key.",
                    "Give the private key that the certificate was made for."};
        }
    }
    if (!blocks.empty()) return recognise_block(blocks.front().label, path, wants_key);
    if (text.front() == '\x30' && text.size() > 1) return recognise_der(text, path, wants_key);
    return {std::string("holds no PEM block: no -----BEGIN ") +
                (wants_key ? "... PRIVATE KEY-----" : "CERTIFICATE-----") + " line was found.",
            "Copy the whole file again, with its -----BEGIN and -----END lines."};
}

}  // namespace gatehouse::certstore
