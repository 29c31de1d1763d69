#include "certstore/request.hpp"

#include "certstore/armor.hpp"
#include "certstore/certificate.hpp"
#include "certstore/issue.hpp"
#include "certstore/names.hpp"
#include "certstore/pem.hpp"
#include "config/address.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <optional>
#include <utility>

namespace gatehouse::certstore {

namespace {

using base::ErrorKind;
using base::Result;
using ExtensionPtr = std::unique_ptr<X509_EXTENSION, Free<X509_EXTENSION_free>>;
using RequestPtr = std::unique_ptr<X509_REQ, Free<X509_REQ_free>>;

void free_extensions(STACK_OF(X509_EXTENSION) * extensions) {
    sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
}
using ExtensionsPtr = std::unique_ptr<STACK_OF(X509_EXTENSION), Free<free_extensions>>;

constexpr std::size_t most_names = 100;  // what public authorities take

tl::unexpected<base::Error> request_failure(std::string_view what) {
    return base::fail(
        ErrorKind::crypto, "issue_failed",
        "A signing request could not be made: " + std::string(what) + ": " + drain_openssl_errors() + ".");
}

tl::unexpected<base::Error> subject_invalid(std::string_view field, std::string_view what) {
    return base::fail(ErrorKind::input, "subject_invalid",
                      std::string(field) + " of the subject " + std::string(what) + ".");
}

// ---- what is asked for

bool is_address(const std::string& name) {
    std::array<unsigned char, 16> bytes{};
    return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// A name in a message: short, and nothing in it that disturbs a line.
std::string shown(std::string name) {
    constexpr std::size_t longest = 80;
    if (name.size() > longest) name = name.substr(0, longest) + "...";
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "\"" + name + "\"";
}

Result<std::vector<std::string>> checked_names(const RequestWish& wish) {
    std::vector<std::string> names;
    const auto add = [&names](const std::string& name) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    };
    for (const std::string& name : wish.names) {
        if (const auto fault = name_fault(name)) {
            return base::fail(ErrorKind::input, "name_invalid", "The name " + shown(name) + " " + *fault + ".",
                              "Give names such as box.example.com or 192.0.2.1.");
        }
        add(name);
    }
    const std::string& common_name = wish.subject.common_name;
    // Browsers look only there. A common name such as "Mail gateway" is no name of a host.
    if (!common_name.empty() && !name_fault(common_name)) add(common_name);
    if (names.empty() && common_name.empty()) {
        return base::fail(ErrorKind::input, "name_invalid", "A signing request needs a name or a common name.",
                          "Give the names by which clients reach this door.");
    }
    if (names.size() > most_names) {
        return base::fail(ErrorKind::input, "name_invalid",
                          "More than " + std::to_string(most_names) + " names are asked for.",
                          "Use a wildcard, or several certificates.");
    }
    return names;
}

// The number of characters of a text in UTF-8; nullopt: it is none, or holds control characters.
std::optional<std::size_t> characters_of(std::string_view text) {
    std::size_t count = 0;
    while (!text.empty()) {
        unsigned long character = 0;
        const int size =
            UTF8_getc(reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()), &character);
        if (size <= 0 || character < 0x20 || (character >= 0x7F && character < 0xA0)) return std::nullopt;
        text.remove_prefix(static_cast<std::size_t>(size));
        ++count;
    }
    return count;
}

struct Field {
    std::string_view name;
    int nid;
    std::string value;
    std::size_t longest;  // RFC 5280, appendix A.1
};

Result<void> add_field(X509_NAME* subject, const Field& field) {
    if (field.value.empty()) return {};
    const auto size = characters_of(field.value);
    if (!size) return subject_invalid(field.name, "holds control characters or is no UTF-8");
    if (*size > field.longest) {
        return subject_invalid(field.name, "is longer than " + std::to_string(field.longest) + " characters");
    }
    if (X509_NAME_add_entry_by_NID(subject, field.nid, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(field.value.data()),
                                   static_cast<int>(field.value.size()), -1, 0) != 1) {
        return request_failure(field.name);
    }
    return {};
}

Result<void> set_subject(X509_REQ* request, const Subject& wish) {
    std::string country = wish.country;
    for (char& c : country) {
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    }
    const bool two_letters =
        country.size() == 2 && std::all_of(country.begin(), country.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
    if (!country.empty() && !two_letters) return subject_invalid("C", "must be a country's code of exactly 2 letters");
    X509_NAME* subject = X509_REQ_get_subject_name(request);
    // From the whole to the part, as directories order names and certificates show them.
    for (const Field& field :
         {Field{"C", NID_countryName, country, 2}, Field{"ST", NID_stateOrProvinceName, wish.state, 128},
          Field{"L", NID_localityName, wish.locality, 128}, Field{"O", NID_organizationName, wish.organization, 64},
          Field{"OU", NID_organizationalUnitName, wish.organizational_unit, 64},
          Field{"CN", NID_commonName, wish.common_name, 64}}) {
        if (auto added = add_field(subject, field); !added) return added;
    }
    return {};
}

// ---- making it

// From OpenSSL's own notation; only ever called with constants.
bool push(STACK_OF(X509_EXTENSION) * extensions, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, nullptr, nullptr, nullptr, nullptr, 0);
    ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    if (!extension || sk_X509_EXTENSION_push(extensions, extension.get()) <= 0) return false;
    static_cast<void>(extension.release());  // the stack has it now
    return true;
}

Result<void> set_extensions(X509_REQ* request, const std::vector<std::string>& names) {
    const ExtensionsPtr extensions(sk_X509_EXTENSION_new_null());
    if (!extensions) return request_failure("extensions");
    if (!names.empty()) {
        const auto alternatives = alternative_names(names);
        if (!alternatives) return base::fail(alternatives.error());
        ExtensionPtr extension(X509V3_EXT_i2d(NID_subject_alt_name, 0, alternatives->get()));
        if (!extension || sk_X509_EXTENSION_push(extensions.get(), extension.get()) <= 0) {
            return request_failure("names");
        }
        static_cast<void>(extension.release());
    }
    if (!push(extensions.get(), NID_key_usage, "critical,digitalSignature") ||
        !push(extensions.get(), NID_ext_key_usage, "serverAuth") ||
        X509_REQ_add_extensions(request, extensions.get()) != 1) {
        return request_failure("extensions");
    }
    return {};
}

Result<std::string> to_pem(X509_REQ* request) {
    const BioPtr memory(BIO_new(BIO_s_mem()));
    if (!memory || PEM_write_bio_X509_REQ(memory.get(), request) != 1) return request_failure("PEM");
    char* start = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &start);
    return std::string(start, static_cast<std::size_t>(size));
}

}  // namespace

std::optional<std::string> name_fault(const std::string& name) {
    if (!name.starts_with("*.")) return config::hostname_fault(name);
    const std::string rest = name.substr(2);
    if (auto fault = config::hostname_fault(rest)) return fault;
    if (is_address(rest)) return "is a wildcard of an IP address";
    return std::nullopt;
}

Result<MadeRequest> make_request(const RequestWish& wish) {
    const auto names = checked_names(wish);
    if (!names) return base::fail(names.error());
    const RequestPtr request(X509_REQ_new());
    if (!request || X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) != 1) return request_failure("fields");
    // Before the key, which takes long: what is wrong with the wish is told at once.
    if (auto set = set_subject(request.get(), wish.subject); !set) return base::fail(set.error());
    if (auto set = set_extensions(request.get(), *names); !set) return base::fail(set.error());
    const auto key = generate_key(wish.key_type);
    if (!key) return base::fail(key.error());
    const EVP_MD* digest = wish.key_type == config::KeyType::ed25519 ? nullptr : EVP_sha256();
    if (X509_REQ_set_pubkey(request.get(), key->get()) != 1 || X509_REQ_sign(request.get(), key->get(), digest) <= 0) {
        return request_failure("signature");
    }
    auto request_pem = to_pem(request.get());
    if (!request_pem) return base::fail(request_pem.error());
    auto key_pem = to_pem(key->get());
    if (!key_pem) return base::fail(key_pem.error());
    return MadeRequest{std::move(*request_pem), std::move(*key_pem), sha256_hex(key->get())};
}

Result<RequestFacts> describe_request(std::string_view pem, std::string_view file) {
    const auto unparsable = [&file](std::string_view what) {
        return base::fail(ErrorKind::input, "unparsable", std::string(file) + " " + std::string(what) + ".",
                          "Make a new signing request.");
    };
    const std::vector<ArmorBlock> blocks = find_blocks(pem);
    const auto found = std::find_if(blocks.begin(), blocks.end(), [](const ArmorBlock& block) {
        return block.complete && block.label.ends_with("CERTIFICATE REQUEST");
    });
    const auto bytes = found == blocks.end() ? std::nullopt : decode(*found);
    if (!bytes) return unparsable("holds no signing request");
    const auto* der = reinterpret_cast<const unsigned char*>(bytes->reveal().data());
    const RequestPtr request(d2i_X509_REQ(nullptr, &der, static_cast<long>(bytes->size())));
    EVP_PKEY* key = request ? X509_REQ_get0_pubkey(request.get()) : nullptr;
    const bool good = key != nullptr && X509_REQ_verify(request.get(), key) == 1;
    ERR_clear_error();
    if (!good) return unparsable("holds a signing request that is damaged");
    RequestFacts facts;
    facts.subject = readable(X509_REQ_get_subject_name(request.get()));
    const ExtensionsPtr extensions(X509_REQ_get_extensions(request.get()));
    const AlternativeNamesPtr names(
        static_cast<GENERAL_NAMES*>(X509V3_get_d2i(extensions.get(), NID_subject_alt_name, nullptr, nullptr)));
    ERR_clear_error();
    facts.names = texts_of(names.get());
    facts.key_type = key_type_of(key);
    facts.public_key_sha256 = sha256_hex(key);
    return facts;
}

}  // namespace gatehouse::certstore
