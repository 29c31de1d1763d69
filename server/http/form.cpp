#include "server/http/form.hpp"

#include "config/json_text.hpp"
#include "config/nearest_name.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::http {

namespace {

tl::unexpected<Refusal> refuse_part(unsigned status, std::string_view code, std::string_view name,
                                    std::string_view saying) {
    return tl::unexpected<Refusal>(
        {status, std::string(code), "The part " + config::in_quotes(name) + " of the form " + std::string(saying)});
}

}  // namespace

const FormPart* Form::find(std::string_view name) const {
    const auto found =
        std::find_if(parts_.begin(), parts_.end(), [&](const FormPart& part) { return part.header.name == name; });
    return found == parts_.end() ? nullptr : &*found;
}

Judged<void> Form::only(std::initializer_list<std::string_view> known) const {
    constexpr unsigned status = 422;
    constexpr std::string_view code = "bad_parameter";
    for (const auto& part : parts_) {
        const auto& name = part.header.name;
        if (find(name) != &part) return refuse_part(status, code, name, "is there more than once.");
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        const auto meant = config::nearest_name(name, known);
        return refuse_part(
            status, code, name,
            meant.empty() ? std::string("is not known here.") : "is not known here. Did you mean \"" + meant + "\"?");
    }
    return {};
}

Judged<void> FormCollector::begin_part(PartHeader header) {
    parts_.push_back({std::move(header), base::Secret()});
    used_ = 0;
    return {};
}

Judged<void> FormCollector::data(std::string_view bytes) {
    if (bytes.size() > part_bytes_ - used_) {
        return refuse_part(413, "form_too_large", parts_.back().header.name,
                           "is larger than " + std::to_string(part_bytes_) + " bytes.");
    }
    if (bytes.size() > buffer_.size() - used_) {
        base::Secret larger(std::max(used_ + bytes.size(), std::min(buffer_.size() * 2, part_bytes_)));
        if (used_ > 0) std::memcpy(larger.writable(), buffer_.reveal().data(), used_);
        buffer_ = std::move(larger);
    }
    std::memcpy(buffer_.writable() + used_, bytes.data(), bytes.size());
    used_ += bytes.size();
    return {};
}

Judged<void> FormCollector::end_part() {
    buffer_.shrink(used_);
    parts_.back().value = std::move(buffer_);
    buffer_ = base::Secret();
    return {};
}

Judged<Form> read_form(const Request& request, const MultipartLimits& limits, std::size_t part_bytes) {
    const auto boundary = form_boundary(request);
    if (!boundary) return tl::unexpected<Refusal>(boundary.error());
    FormCollector collector(part_bytes);
    MultipartParser parser(*boundary, limits, collector);
    if (auto fed = parser.feed(request.body); !fed) return tl::unexpected<Refusal>(std::move(fed.error()));
    if (auto finished = parser.finish(); !finished) return tl::unexpected<Refusal>(std::move(finished.error()));
    return collector.take();
}

}  // namespace gatehouse::http
