#include "server/clean/visit.hpp"

namespace gatehouse::clean {

http::Judged<MemberPtr> judge_presented(const Services& services, const Presented& presented) {
    constexpr unsigned unauthorized = 401;
    auto member = services.members->find(presented);
    if (!member) {
        return tl::unexpected<http::Refusal>({unauthorized, "not_authenticated",
                                              presented.nothing()
                                                  ? "Send an API key, as the parameter api_key for example."
                                                  : "This API key, or this device and its secret, is not known here."});
    }
    if (!records::is_let_in(member->user)) return tl::unexpected<http::Refusal>(not_let_in(member->user));
    return member;
}

http::Judged<Visit> begin_visit(const Services& services, const http::Request& request) {
    auto arguments = Arguments::read(request);
    if (!arguments) return tl::unexpected<http::Refusal>(std::move(arguments.error()));
    auto presented = presented_by(request, *arguments);
    if (!presented) return tl::unexpected<http::Refusal>(std::move(presented.error()));
    auto member = judge_presented(services, *presented);
    if (!member) return tl::unexpected<http::Refusal>(std::move(member.error()));
    return Visit{{request, std::move(*member), records::Via::token}, std::move(*arguments), std::move(*presented)};
}

}  // namespace gatehouse::clean
