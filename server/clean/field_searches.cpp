#include "server/clean/field_searches.hpp"

#include "records/samples.hpp"
#include "records/time_phrase.hpp"
#include "server/clean/sample_shapes.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <optional>
#include <utility>

namespace gatehouse::clean {

namespace {

using http::Judged;
using http::Refusal;
using records::SampleFilter;

constexpr std::int64_t most_of_page = 1000;
constexpr std::size_t usual_page = 100;

Refusal unfit(std::string detail) {
    constexpr unsigned unprocessable = 422;
    return {unprocessable, "bad_parameter", std::move(detail)};
}

// Reads parameters into targets; what is wrong first is kept. An empty value is as good as none.
class Criteria {
public:
    Criteria(const Arguments& arguments, records::Time now) : arguments_(arguments), now_(now) {}

    [[nodiscard]] std::optional<std::string> text(std::string_view name) {
        auto value = arguments_.text(name);
        if (!value || value->empty()) return std::nullopt;
        any_ = true;
        return value;
    }
    // On where it is there and does not say otherwise.
    [[nodiscard]] bool flag(std::string_view name) const {
        const auto value = arguments_.find(name);
        return value && !http::same_name(*value, "false") && *value != "0";
    }
    void moment(std::string_view name, std::optional<records::Time>& target) {
        const auto phrase = text(name);
        if (!phrase || refusal_) return;
        const auto time = records::time_of_phrase(*phrase, now_);
        if (time) {
            target = *time;
        } else {
            refuse(name, time.error().message);
        }
    }
    void checksum(std::string_view name, std::size_t digits, std::optional<std::string>& target) {
        auto value = text(name);
        if (!value) return;
        const bool hex = value->find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
        if (!hex || (digits != 0 && value->size() != digits)) return refuse(name, "It is no such checksum.");
        std::transform(value->begin(), value->end(), value->begin(), http::lower_letter);
        target = std::move(*value);
    }
    void page(records::SamplePaging& paging) {
        paging.count = true;
        paging.limit = usual_page;
        const auto limit = arguments_.whole("limit", 1, std::numeric_limits<std::int64_t>::max());
        if (!limit) return refuse(limit.error());
        if (*limit) paging.limit = static_cast<std::size_t>(std::min(**limit, most_of_page));
        const auto offset = arguments_.whole("offset", 0, std::numeric_limits<std::int64_t>::max());
        if (!offset) return refuse(offset.error());
        if (*offset) paging.offset = static_cast<std::size_t>(**offset);
    }
    void refuse(std::string_view name, const std::string& why) {
        refuse(unfit("The parameter " + std::string(name) + " can't be understood. " + why));
    }
    void refuse(Refusal refusal) {
        if (!refusal_) refusal_ = std::move(refusal);
    }
    /// Whether anything was asked for.
    [[nodiscard]] bool any() const { return any_; }
    [[nodiscard]] Judged<FieldSearch> judged(FieldSearch search) {
        if (refusal_) return tl::unexpected<Refusal>(std::move(*refusal_));
        return search;
    }

private:
    const Arguments& arguments_;
    records::Time now_;
    bool any_ = false;
    std::optional<Refusal> refusal_;
};

void read_whose(const Criteria& criteria, SampleFilter& filter) {
    filter.own_only = criteria.flag("user_only");
    filter.organization_only = criteria.flag("org_only");
}

void read_times(Criteria& criteria, SampleFilter& filter) {
    criteria.moment("before", filter.before);
    criteria.moment("after", filter.after);
}

void read_state(Criteria& criteria, SampleFilter& filter) {
    const auto word = criteria.text("state");
    if (!word) return;
    filter.state = records::sample_state_of(*word);
    if (!filter.state) criteria.refuse("state", "It is one of wait, prep, run, proc, succ, fail.");
}

void read_order(Criteria& criteria, records::SamplePaging& paging) {
    static constexpr std::array<std::pair<std::string_view, records::SampleSort>, 7> known{
        {{"submitted_at", records::SampleSort::submitted_at},
         {"timestamp", records::SampleSort::submitted_at},
         {"analyzed_at", records::SampleSort::submitted_at},
         {"date", records::SampleSort::submitted_at},
         {"filename", records::SampleSort::filename},
         {"score", records::SampleSort::score},
         {"threat_score", records::SampleSort::score}}};
    if (const auto by = criteria.text("sort_by")) {
        const auto found = std::find_if(known.begin(), known.end(), [&](const auto& one) { return one.first == *by; });
        if (found == known.end()) return criteria.refuse("sort_by", "It is submitted_at, filename or score.");
        paging.sort = found->second;
        paging.descending = found->second != records::SampleSort::filename;
    }
    const auto order = criteria.text("sort_order");
    if (!order) return;
    if (*order != "asc" && *order != "desc") return criteria.refuse("sort_order", "It is asc or desc.");
    paging.descending = *order == "desc";
}

// Where the text is to be looked for: one kind of thing, or everywhere.
void look_for(Criteria& criteria, const std::string& text, const std::string& where, FieldSearch& search) {
    search.words = text;
    SampleFilter& filter = search.filter;
    if (where == "md5" || where == "sha1" || where == "sha256" || where == "checksum") {
        filter.checksum = text;
        std::transform(filter.checksum->begin(), filter.checksum->end(), filter.checksum->begin(), http::lower_letter);
    } else if (where == "tag" || where == "tags") {
        filter.tag = text;
    } else if (where == "filename" || where == "path") {
        filter.path = text;
    } else if (where == "sample" || where == "id") {
        filter.id = text;
    } else if (where.empty() || where == "login" || where == "url" || where.find(',') != std::string::npos) {
        filter.words = text;
    } else {
        criteria.refuse("term", "It is one of filename, tag, md5, sha1, sha256, sample, login, url.");
    }
}

// ---- answers

base::Result<records::SamplePage> find_page(records::Database& database, const records::Viewer& viewer,
                                            const FieldSearch& search) {
    if (search.finds_nothing) return records::SamplePage();
    return records::Samples(database).page(viewer, search.filter, search.paging);
}

template <class Shape>
http::Later answer(const SampleServices& samples, const Visit& visit, Judged<FieldSearch> search, Shape shape) {
    if (!search) co_return http::problem(search.error());
    const auto began = std::chrono::steady_clock::now();
    const auto viewer = viewer_of(visit.user());
    const auto page = co_await samples.door.archive->run(
        [&](records::Database& database) { return find_page(database, viewer, *search); });
    if (!page) co_return http::refused(page.error());
    Json items = Json::array();
    for (const auto& sample : page->samples)
        items.push_back(shape(sample, *search));
    const auto took = std::chrono::steady_clock::now() - began;
    const Extent extent{.index = search->paging.offset,
                        .total = static_cast<std::uint64_t>(page->total),
                        .items_per_page = search->paging.limit,
                        .took = std::chrono::duration_cast<std::chrono::milliseconds>(took)};
    co_return enveloped(visit.request(), page_of(extent, std::move(items)));
}

http::Later list(const SampleServices& samples, const Visit& visit) {
    return answer(samples, visit, read_sample_list(visit.arguments, records::now()),
                  [](const records::Sample& sample, const FieldSearch& /*all alike*/) { return field_sample(sample); });
}

http::Later search_samples(const SampleServices& samples, const Visit& visit) {
    return answer(samples, visit, read_sample_search(visit.arguments, records::now()),
                  [](const records::Sample& sample, const FieldSearch& /*all alike*/) -> Json {
                      return {{"sample", sample.id}, {"ts", http::moment_shape(sample.submitted_at)}};
                  });
}

http::Later search_submissions(const SampleServices& samples, const Visit& visit) {
    return answer(
        samples, visit, read_submission_search(visit.arguments, records::now()),
        [](const records::Sample& sample, const FieldSearch& search) { return field_hit(sample, search.words); });
}

}  // namespace

Judged<FieldSearch> read_sample_list(const Arguments& arguments, records::Time now) {
    Criteria criteria(arguments, now);
    FieldSearch search;
    read_whose(criteria, search.filter);
    search.filter.id = criteria.text("id");
    criteria.checksum("md5", records::md5_digits, search.filter.md5);
    criteria.checksum("sha1", records::sha1_digits, search.filter.sha1);
    criteria.checksum("sha256", records::sha256_digits, search.filter.sha256);
    read_times(criteria, search.filter);
    criteria.page(search.paging);
    return criteria.judged(std::move(search));
}

Judged<FieldSearch> read_sample_search(const Arguments& arguments, records::Time now) {
    // Of what an analysis in a virtual machine sees; an engine here tells of none of it.
    static constexpr std::array<std::string_view, 12> never{"domain",        "ip",  "url",      "registry_key",
                                                            "ioc",           "asn", "hostname", "process",
                                                            "checksum_file", "dns", "mutex",    "artifact"};
    Criteria criteria(arguments, now);
    FieldSearch search;
    SampleFilter& filter = search.filter;
    criteria.checksum("checksum_sample", 0, filter.checksum);
    std::optional<std::string> any;
    criteria.checksum("checksum", 0, any);
    if (any) {
        search.finds_nothing = filter.checksum && *filter.checksum != *any;
        filter.checksum = std::move(any);
    }
    filter.path = criteria.text("path");
    if (!filter.path) filter.path = criteria.text("filename");
    filter.tag = criteria.text("tag");
    for (const std::string_view name : never)
        search.finds_nothing = criteria.text(name).has_value() || search.finds_nothing;
    if (!criteria.any()) criteria.refuse(unfit("Say what to look for: checksum, checksum_sample, path or tag."));
    read_whose(criteria, filter);
    read_times(criteria, filter);
    criteria.page(search.paging);
    return criteria.judged(std::move(search));
}

Judged<FieldSearch> read_submission_search(const Arguments& arguments, records::Time now) {
    Criteria criteria(arguments, now);
    FieldSearch search;
    const auto text = criteria.text("q");
    const auto term = criteria.text("term");
    if (text) {
        look_for(criteria, *text, term.value_or(""), search);
    } else if (term) {
        look_for(criteria, *term, "", search);
    }
    read_state(criteria, search.filter);
    read_whose(criteria, search.filter);
    read_times(criteria, search.filter);
    read_order(criteria, search.paging);
    criteria.page(search.paging);
    return criteria.judged(std::move(search));
}

void add_field_search_routes(std::vector<http::Route>& routes, const SampleServices& samples) {
    using http::Access;
    using http::Method;
    const auto add = [&](Method method, const char* path, auto handler) {
        routes.push_back({method, path, Access::anyone, Arguments::most_bytes, on_visit(samples, handler)});
    };
    add(Method::get, "/api/v2/samples", list);
    add(Method::get, "/api/v2/samples/search", search_samples);
    add(Method::get, "/api/v2/search/submissions", search_submissions);
}

}  // namespace gatehouse::clean
