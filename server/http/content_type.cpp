#include "server/http/content_type.hpp"

#include "server/http/request.hpp"

#include <array>
#include <utility>

namespace gatehouse::http {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 38> types{{
    {"html", "text/html; charset=utf-8"},
    {"htm", "text/html; charset=utf-8"},
    {"css", "text/css; charset=utf-8"},
    {"js", "text/javascript; charset=utf-8"},
    {"mjs", "text/javascript; charset=utf-8"},
    {"json", "application/json"},
    {"map", "application/json"},
    {"webmanifest", "application/manifest+json"},
    {"txt", "text/plain; charset=utf-8"},
    {"log", "text/plain; charset=utf-8"},
    {"md", "text/markdown; charset=utf-8"},
    {"csv", "text/csv; charset=utf-8"},
    {"xml", "application/xml"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"svg", "image/svg+xml"},
    {"png", "image/png"},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"gif", "image/gif"},
    {"webp", "image/webp"},
    {"avif", "image/avif"},
    {"ico", "image/vnd.microsoft.icon"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"ttf", "font/ttf"},
    {"otf", "font/otf"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"webm", "video/webm"},
    {"pdf", "application/pdf"},
    {"zip", "application/zip"},
    {"gz", "application/gzip"},
    {"wasm", "application/wasm"},
    {"pem", "application/x-pem-file"},
    {"crt", "application/x-x509-ca-cert"},
    {"cer", "application/pkix-cert"},
    {"crl", "application/pkix-crl"},
}};

}  // namespace

std::string_view content_type(std::string_view file_name) {
    const auto name = file_name.substr(file_name.rfind('/') + 1);
    if (const auto dot = name.rfind('.'); dot != std::string_view::npos) {
        for (const auto& [ending, type] : types) {
            if (same_name(name.substr(dot + 1), ending)) return type;
        }
    }
    return "application/octet-stream";
}

}  // namespace gatehouse::http
