// From method and path to a handler: one table per door, which also says what each route asks of the caller. Built once
// per configuration snapshot, then immutable; one per door and worker.
#pragma once

#include "server/http/request.hpp"
#include "server/http/response.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::http {

using Handler = std::function<Response(const Request&)>;

/// Who may call a route. More will come with accounts.
enum class Access { anyone };

struct Route {
    Method method = Method::get;  ///< a GET route takes HEAD too
    std::string path;             ///< exact, percent-encoded as in requests
    Access access = Access::anyone;
    std::uint64_t body_bytes = 0;  ///< largest body it takes
    Handler handler;
};

class Router {
public:
    /// `fallback` answers GET and HEAD where no route claims the path (a folder of files), other methods are 405 there;
    /// may be empty. Of two routes with the same method and path the first one counts.
    explicit Router(std::vector<Route> routes, Handler fallback = {});

    /// The route's answer, 405 with Allow where only the method is wrong, else the fallback's, else 404. For HEAD the
    /// handler of the GET route runs, its body is dropped and its size declared.
    [[nodiscard]] Response handle(const Request& request) const;
    /// Largest body that a request with this head may bring: the route's, 0 where none answers it. The session answers
    /// 413 to more, before the handler.
    [[nodiscard]] std::uint64_t body_limit(const Request& request) const;
    [[nodiscard]] const std::vector<Route>& routes() const { return routes_; }

private:
    [[nodiscard]] const Route* find(const Request& request) const;
    [[nodiscard]] Response answer(const Request& request) const;
    /// Indices into `routes_` of all routes with that path.
    [[nodiscard]] std::span<const std::size_t> claiming(std::string_view path) const;

    std::vector<Route> routes_;
    std::vector<std::size_t> by_path_;  // indices of routes_, sorted by path, then by place
    Handler fallback_;
};

}  // namespace gatehouse::http
