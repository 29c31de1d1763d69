// When an operator is told that a certificate is about to expire: once at each of the configured numbers of days, and
// once more when it has expired. Owned by Office; the control thread only.
#pragma once

#include "certstore/certificate.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gatehouse::admin {

class Expiry {
public:
    /// `days`: the numbers of days before the end, in any order.
    void configure(std::vector<unsigned> days) { days_ = std::move(days); }

    /// Whether one of the days has come for what is served.
    [[nodiscard]] bool is_near(const certstore::CertificateFacts& facts, std::int64_t now) const;

    /// Looks at what is served. The sentence to tell, where one of the days has come (the last one that has) that was
    /// not told yet for this certificate; nullopt: nothing new. To be called at least every hour.
    [[nodiscard]] std::optional<std::string> look(config::Interface interface, const certstore::CertificateFacts& facts,
                                                  std::int64_t now);

private:
    struct Told {
        std::string fingerprint;
        unsigned days = 0;  // 0: that it has expired
    };

    std::vector<unsigned> days_;
    config::PerInterface<std::optional<Told>> told_;
};

/// Whole days until `facts` expires, rounded down; negative once it has.
[[nodiscard]] std::int64_t days_left(const certstore::CertificateFacts& facts, std::int64_t now);

}  // namespace gatehouse::admin
