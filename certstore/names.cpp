#include "certstore/names.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;
using NamePtr = std::unique_ptr<GENERAL_NAME, Free<GENERAL_NAME_free>>;

constexpr std::size_t longest_dns_name = 253;
constexpr std::size_t longest_label = 63;

tl::unexpected<base::Error> not_built() {
    return base::fail(ErrorKind::crypto, "issue_failed",
                      "The names of a certificate could not be encoded: " + drain_openssl_errors() + ".");
}

// The address in network order, 4 or 16 bytes; empty: it is none.
std::string address_bytes(const std::string& text) {
    std::array<char, 16> bytes{};
    if (text.find('\0') != std::string::npos) return {};
    if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
    if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
    return {};
}

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > longest_label || label.front() == '-' || label.back() == '-') return false;
    return std::all_of(label.begin(), label.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
}

bool is_dns_name(std::string_view name) {
    if (name.empty() || name.size() > longest_dns_name) return false;
    if (name.starts_with("*.")) name.remove_prefix(2);
    while (true) {
        const std::size_t dot = name.find('.');
        if (!is_label(name.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

std::string address_text(const ASN1_OCTET_STRING* address) {
    const int size = ASN1_STRING_length(address);
    std::array<char, INET6_ADDRSTRLEN> text{};
    const int family = size == 4 ? AF_INET : AF_INET6;
    if ((size != 4 && size != 16) ||
        inet_ntop(family, ASN1_STRING_get0_data(address), text.data(), text.size()) == nullptr) {
        return "?";
    }
    return text.data();
}

}  // namespace

base::Result<AlternativeNamesPtr> alternative_names(const std::vector<std::string>& names) {
    AlternativeNamesPtr list(GENERAL_NAMES_new());
    for (const std::string& name : names) {
        const std::string address = address_bytes(name);
        if (address.empty() && !is_dns_name(name)) {
            return base::fail(ErrorKind::input, "name_invalid",
                              "\"" + name + "\" is neither a DNS name nor an IP address.",
                              "Give names such as box.example.com or 192.0.2.1.");
        }
        NamePtr entry(GENERAL_NAME_new());
        const std::string& bytes = address.empty() ? name : address;
        const int kind = address.empty() ? V_ASN1_IA5STRING : V_ASN1_OCTET_STRING;
        std::unique_ptr<ASN1_STRING, Free<ASN1_STRING_free>> value(ASN1_STRING_type_new(kind));
        if (!entry || !value || ASN1_STRING_set(value.get(), bytes.data(), static_cast<int>(bytes.size())) != 1) {
            return not_built();
        }
        GENERAL_NAME_set0_value(entry.get(), address.empty() ? GEN_DNS : GEN_IPADD, value.release());
        if (sk_GENERAL_NAME_push(list.get(), entry.get()) <= 0) return not_built();
        static_cast<void>(entry.release());  // the list has it now
    }
    return list;
}

std::vector<std::string> texts_of(const GENERAL_NAMES* names) {
    std::vector<std::string> out;
    for (int i = 0; names != nullptr && i < sk_GENERAL_NAME_num(names); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
        if (name->type == GEN_DNS) out.push_back(readable(name->d.dNSName));
        if (name->type == GEN_IPADD) out.push_back(address_text(name->d.iPAddress));
    }
    return out;
}

std::string readable(const ASN1_STRING* string) {
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, string);
    if (size < 0) {
        ERR_clear_error();
        return {};
    }
    constexpr std::size_t longest = 256;  // it is shown on one line: more is nobody's name
    std::string out(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    if (out.size() > longest) {
        std::size_t end = longest;
        while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80)
            --end;  // a character of several bytes is cut as a whole
        out.resize(end);
    }
    // Bytes that would disturb a line of text.
    for (char& c : out) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    return out;
}

std::string readable(const X509_NAME* name) {
    const BioPtr memory(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB));
    char* start = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &start);
    ERR_clear_error();
    return size > 0 ? std::string(start, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace gatehouse::certstore
