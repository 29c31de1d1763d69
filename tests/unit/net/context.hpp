// A door's context with a certificate made for the test.
#pragma once

#include "tests/unit/certstore/certificates.hpp"

#include <catch2/catch.hpp>

#include <string>

namespace gatehouse::tests {

inline certstore::SslContextPtr context_with(const certstore::testing::Made& made) {
    auto context = certstore::build_context({config::Interface::clean,
                                             config::TlsPolicy::intermediate,
                                             certstore::testing::load(made),
                                             {certstore::TicketKey::generate().value(), nullptr}});
    INFO((context ? std::string() : context.error().text()));
    REQUIRE(context);
    return *context;
}

/// The same one for whoever asks: a context outlives its connections and knows nothing of them.
inline certstore::SslContextPtr any_context() {
    static const certstore::SslContextPtr context = context_with(certstore::testing::make({}));
    return context;
}

}  // namespace gatehouse::tests
