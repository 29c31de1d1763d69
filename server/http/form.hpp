// A small multipart form, all of it in memory: certificates, keys, passphrases. The values are Secrets, so that what
// they held is wiped with them. Plain values; owned by the handler; any thread.
#pragma once

#include "base/secret.hpp"
#include "server/http/multipart.hpp"
#include "server/http/request.hpp"

#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http {

struct FormPart {
    PartHeader header;
    base::Secret value;
};

class Form {
public:
    explicit Form(std::vector<FormPart> parts) : parts_(std::move(parts)) {}

    [[nodiscard]] const std::vector<FormPart>& parts() const { return parts_; }
    /// The first part of that name, or null.
    [[nodiscard]] const FormPart* find(std::string_view name) const;
    /// Refuses a part that is none of `known`, or is there twice (422 bad_parameter).
    [[nodiscard]] Judged<void> only(std::initializer_list<std::string_view> known) const;
    [[nodiscard]] std::vector<FormPart> take() && { return std::move(parts_); }

private:
    std::vector<FormPart> parts_;
};

/// Collects the parts that a MultipartParser tells. A part of more than `part_bytes` is refused (413 form_too_large).
class FormCollector final : public PartSink {
public:
    explicit FormCollector(std::size_t part_bytes) : part_bytes_(part_bytes) {}

    [[nodiscard]] Judged<void> begin_part(PartHeader header) override;
    [[nodiscard]] Judged<void> data(std::string_view bytes) override;
    [[nodiscard]] Judged<void> end_part() override;
    [[nodiscard]] Judged<void> end_form() override { return {}; }

    /// What was collected, after `finish` of the parser.
    [[nodiscard]] Form take() { return Form(std::move(parts_)); }

private:
    std::size_t part_bytes_;
    std::vector<FormPart> parts_;
    base::Secret buffer_;   // of the present part; it grows by doubling, and what it leaves is wiped
    std::size_t used_ = 0;  // bytes of it
};

/// The form that is the whole body of a request. Refusals of form_boundary, MultipartParser and FormCollector.
[[nodiscard]] Judged<Form> read_form(const Request& request, const MultipartLimits& limits, std::size_t part_bytes);

}  // namespace gatehouse::http
