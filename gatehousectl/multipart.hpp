// Builds a multipart/form-data body. Its parts may be keys and passphrases, so all copies of them are wiped. Owned by
// the command that uploads; one thread.
#pragma once

#include "base/secret.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::gatehousectl {

class Multipart {
public:
    /// Adds a field.
    void add(const std::string& name, base::Secret bytes);
    /// Adds a file; of its path only the last part goes out, and of that only what needs no quoting.
    void add_file(const std::string& name, const std::filesystem::path& path, base::Secret bytes);

    struct Encoded {
        std::string content_type;
        base::Secret body;
    };
    /// The body, with a boundary that none of the parts holds.
    [[nodiscard]] Encoded encode() const;

private:
    struct Part {
        std::string head;
        base::Secret bytes;
    };
    [[nodiscard]] std::string unused_boundary() const;

    std::vector<Part> parts_;
};

}  // namespace gatehouse::gatehousectl
