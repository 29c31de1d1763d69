#include "gatehousectl/multipart.hpp"

#include <algorithm>
#include <cstring>

namespace gatehouse::gatehousectl {

namespace {

std::string plain_name(const std::filesystem::path& path) {
    constexpr std::size_t longest = 100;
    std::string name = path == "-" ? "stdin" : path.filename().string().substr(0, longest);
    for (char& c : name) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                           c == '-' || c == '_';
        if (!plain) c = '_';
    }
    return name.empty() ? "file" : name;
}

std::string disposition(const std::string& name) {
    return "Content-Disposition: form-data; name=\"" + name + "\"";
}

}  // namespace

void Multipart::add(const std::string& name, base::Secret bytes) {
    parts_.push_back({disposition(name) + "\r\n\r\n", std::move(bytes)});
}

void Multipart::add_file(const std::string& name, const std::filesystem::path& path, base::Secret bytes) {
    parts_.push_back({disposition(name) + "; filename=\"" + plain_name(path) +
                          "\"\r\nContent-Type: application/octet-stream\r\n\r\n",
                      std::move(bytes)});
}

std::string Multipart::unused_boundary() const {
    for (unsigned number = 0;; ++number) {
        std::string boundary = "gatehousectl-part-" + std::to_string(number);
        const bool used = std::any_of(parts_.begin(), parts_.end(), [&](const Part& part) {
            return part.bytes.reveal().find(boundary) != std::string_view::npos;
        });
        if (!used) return boundary;
    }
}

Multipart::Encoded Multipart::encode() const {
    const std::string boundary = unused_boundary();
    const std::string before = "--" + boundary + "\r\n";
    constexpr std::string_view after = "\r\n";
    const std::string end = "--" + boundary + "--\r\n";
    std::size_t size = end.size();
    for (const Part& part : parts_)
        size += before.size() + part.head.size() + part.bytes.size() + after.size();

    base::Secret body(size);
    char* to = body.writable();
    const auto append = [&to](std::string_view text) {
        std::memcpy(to, text.data(), text.size());
        to += text.size();
    };
    for (const Part& part : parts_) {
        append(before);
        append(part.head);
        if (!part.bytes.empty()) append(part.bytes.reveal());
        append(after);
    }
    append(end);
    return {"multipart/form-data; boundary=" + boundary, std::move(body)};
}

}  // namespace gatehouse::gatehousectl
