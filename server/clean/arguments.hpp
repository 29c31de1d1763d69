// What a client of the public API wants, wherever it wrote it: in the query, in a form, in a multipart form or in a
// JSON body, which many send without a Content-Type. Members that nobody asks for are ignored: clients of the field
// send more than a given server knows. What it held is wiped with it. A plain value; owned by the handler; any thread.
#pragma once

#include "config/secret_json.hpp"
#include "server/http/flaw.hpp"
#include "server/http/form.hpp"
#include "server/http/request.hpp"

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::clean {

class Arguments {
public:
    /// Largest body of a request without a sample.
    static constexpr std::uint64_t most_bytes = 64UL * 1024;

    /// Query and body. 400 bad_query, bad_form, bad_json; 413; 415 for a body that is none of those; 422 wrong_type for
    /// JSON that is no object.
    [[nodiscard]] static http::Judged<Arguments> read(const http::Request& request);
    /// Of a body that was read as it arrived: the query, and the fields that the multipart form had besides files.
    [[nodiscard]] static http::Judged<Arguments> read(const http::Request& request,
                                                      const std::vector<http::FormPart>& fields);

    /// The first value of that name, the body's before the query's; nullopt: there is none. It lives as long as this.
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
    /// All values, in that order.
    [[nodiscard]] std::vector<std::string_view> all(std::string_view name) const;
    /// The value as text of its own.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    /// Whether none of these is something else than a text in a JSON body, where it would be overlooked. 422
    /// bad_parameter.
    [[nodiscard]] http::Judged<void> expect_texts(std::span<const std::string_view> names) const;
    /// As a decimal number; 422 bad_parameter for anything else, and outside of the bounds.
    [[nodiscard]] http::Judged<std::optional<std::int64_t>> whole(std::string_view name, std::int64_t least,
                                                                  std::int64_t most) const;
    /// As JSON, which a form and a query hold as text. 422 bad_parameter where it is none.
    [[nodiscard]] http::Judged<std::optional<config::SecretJson>> json(std::string_view name) const;

private:
    using Value = std::pair<std::string, config::SecretString>;

    void add(std::string_view name, std::string_view value);
    [[nodiscard]] http::Judged<void> take_query(std::string_view text, std::size_t most_text);
    [[nodiscard]] http::Judged<void> take_json(std::string_view body);

    std::vector<Value> values_;                                       // in the order in which they count
    std::vector<std::pair<std::string, config::SecretJson>> nested_;  // what of a JSON body is no text
};

}  // namespace gatehouse::clean
