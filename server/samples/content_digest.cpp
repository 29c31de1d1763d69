#include "server/samples/content_digest.hpp"

#include "base/hex.hpp"

#include <algorithm>
#include <cstddef>

namespace gatehouse::samples {

namespace {

tl::unexpected<base::Error> failed() {
    return base::fail(base::ErrorKind::crypto, "digest_failed",
                      "The checksums of a sample can't be computed: " + certstore::drain_openssl_errors() + ".",
                      "OpenSSL must offer SHA-256, SHA-1 and MD5; its FIPS mode does not.");
}

}  // namespace

bool is_sha256(std::string_view text) {
    constexpr std::size_t length = 64;
    return text.size() == length && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

base::Result<ContentDigest> ContentDigest::begin() {
    const std::array kinds{EVP_sha256(), EVP_sha1(), EVP_md5()};
    ContentDigest made;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
        made.contexts_.at(i).reset(EVP_MD_CTX_new());
        if (!made.contexts_.at(i) || EVP_DigestInit_ex(made.contexts_.at(i).get(), kinds.at(i), nullptr) != 1)
            return failed();
    }
    return made;
}

base::Result<void> ContentDigest::add(std::string_view bytes) {
    for (const ContextPtr& context : contexts_) {
        if (EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) != 1) return failed();
    }
    size_ += bytes.size();
    return {};
}

base::Result<Content> ContentDigest::finish() {
    std::array<std::string, 3> texts;
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
        unsigned size = 0;
        if (EVP_DigestFinal_ex(contexts_.at(i).get(), bytes.data(), &size) != 1) return failed();
        texts.at(i) = base::to_hex({reinterpret_cast<const char*>(bytes.data()), size});
    }
    return Content{std::move(texts[0]), std::move(texts[1]), std::move(texts[2]), size_};
}

}  // namespace gatehouse::samples
