// A request of the public API, /api/v2 and /api/v3: who asks and what it wants, and how a handler of such requests
// becomes a route's. The key may stand in the body, so that the door's gate can't judge: these routes let anyone bring
// a small body, and judge when it is there. Any thread.
#pragma once

#include "server/clean/arguments.hpp"
#include "server/clean/asking.hpp"
#include "server/clean/envelope.hpp"
#include "server/clean/presented.hpp"
#include "server/http/router.hpp"

#include <tl/expected.hpp>

#include <type_traits>
#include <utility>

namespace gatehouse::clean {

struct Visit {
    Asking asking;
    Arguments arguments;
    Presented presented;

    [[nodiscard]] const http::Request& request() const { return asking.request; }
    [[nodiscard]] const records::User& user() const { return asking.member->user; }
};

/// Who presents this. 401 not_authenticated: nothing, or nobody's; 403 account_deactivated, device_deactivated.
[[nodiscard]] http::Judged<MemberPtr> judge_presented(const Services& services, const Presented& presented);
/// Whoever may come in by this request, whose body is there. Also what Arguments::read and presented_by refuse.
[[nodiscard]] http::Judged<Visit> begin_visit(const Services& services, const http::Request& request);

/// The handler of a route: `handler(services, visit)`, which gives a Response or a Later; the visit lives until the
/// answer is there.
template <class Handler>
[[nodiscard]] auto with_visit(const Services& services, Handler handler) {
    if constexpr (std::is_same_v<std::invoke_result_t<Handler&, const Services&, const Visit&>, http::Response>) {
        return [&services, handler](const http::Request& request) {
            const auto visit = begin_visit(services, request);
            return visit ? handler(services, *visit) : http::problem(visit.error());
        };
    } else {
        auto run = [](const Services& house, const http::Request& request, Handler answer) -> http::Later {
            const auto visit = begin_visit(house, request);
            if (!visit) co_return http::problem(visit.error());
            co_return co_await answer(house, *visit);
        };
        return [&services, handler, run](const http::Request& request) { return run(services, request, handler); };
    }
}

}  // namespace gatehouse::clean
