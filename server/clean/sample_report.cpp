#include "server/clean/sample_report.hpp"

#include "server/http/markup.hpp"

#include <openssl/evp.h>

#include <array>

namespace gatehouse::clean {

namespace {

using records::Sample;

constexpr std::string_view style =
    ":root{color-scheme:light dark}"
    "body{font-family:system-ui,sans-serif;line-height:1.5;margin:2rem auto;max-width:60rem;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{border-bottom:1px solid;padding:.4rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "pre{white-space:pre-wrap;margin:0}";

// The page's one style, allowed by its digest: base64 of SHA-256, as Content Security Policy has it.
std::string style_digest() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_Digest(style.data(), style.size(), digest.data(), &size, EVP_sha256(), nullptr);
    std::array<unsigned char, 2UL * EVP_MAX_MD_SIZE> text{};
    const int length = EVP_EncodeBlock(text.data(), digest.data(), static_cast<int>(size));
    return {text.begin(), text.begin() + length};
}

std::string row(std::string_view name, std::string_view value) {
    if (value.empty()) return {};
    std::string line = "<tr><th scope=\"row\">";
    line.append(http::escaped(name)).append("</th><td>").append(http::escaped(value)).append("</td></tr>\n");
    return line;
}

std::string moment(const Json& time) {
    return time.is_string() ? time.get<std::string>() : std::string();
}

std::string facts_of(const Sample& sample) {
    std::string rows = row("File name", sample.filename);
    rows += row("Address", sample.url);
    if (sample.content) {
        rows += row("SHA-256", sample.content->sha256);
        rows += row("SHA-1", sample.content->sha1);
        rows += row("MD5", sample.content->md5);
        rows += row("Size", std::to_string(sample.content->size) + " bytes");
    }
    rows += row("Submitted", moment(http::moment_shape(sample.submitted_at)) + " by " + sample.login);
    rows += row("Analyzed", moment(http::moment_or_null(sample.completed_at)));
    for (const std::string& tag : sample.tags)
        rows += row("Tag", tag);
    return rows;
}

std::string behaviours_of(const Findings& findings) {
    if (findings.behaviours.empty()) return "<p>Nothing was found.</p>\n";
    std::string table =
        "<table><thead><tr><th scope=\"col\">What was found</th><th scope=\"col\">Severity</th>"
        "<th scope=\"col\">Confidence</th></tr></thead><tbody>\n";
    for (const records::Behaviour& one : findings.behaviours) {
        table += "<tr><td><strong>" + http::escaped(one.title.empty() ? one.name : one.title) + "</strong><br><code>" +
                 http::escaped(one.name) + "</code>";
        if (!one.detail.empty()) table += "<pre>" + http::escaped(one.detail) + "</pre>";
        table +=
            "</td><td>" + std::to_string(one.severity) + "</td><td>" + std::to_string(one.confidence) + "</td></tr>\n";
    }
    return table + "</tbody></table>\n";
}

}  // namespace

const std::string& report_policy() {
    static const std::string policy = "sandbox; default-src 'none'; style-src 'sha256-" + style_digest() +
                                      "'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    return policy;
}

std::string report_page(const Sample& sample, const Findings& findings) {
    const std::string title = "Report on " + (sample.filename.empty() ? sample.id : sample.filename);
    std::string page = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>";
    page += http::escaped(title) + "</title>\n<style>" + std::string(style) + "</style>\n</head>\n<body>\n<h1>" +
            http::escaped(title) + "</h1>\n";
    page += "<p>Score: <strong>" + std::to_string(sample.score.value_or(0)) + " of 100</strong></p>\n";
    page += "<h2>Sample</h2>\n<table><tbody>\n" + facts_of(sample) + "</tbody></table>\n";
    page += "<h2>Behavior</h2>\n" + behaviours_of(findings);
    page += "<h2>Analysis</h2>\n<table><tbody>\n" + row("Engine", findings.engine) +
            row("Version", findings.engine_version);
    for (const auto& fact : findings.facts)
        page += row(fact.name, fact.value);
    return page + "</tbody></table>\n</body>\n</html>\n";
}

}  // namespace gatehouse::clean
