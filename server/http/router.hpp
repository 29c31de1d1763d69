// From method and path to a handler: one table per door, which also says what each route asks of the caller. Built once
// per configuration snapshot, then immutable; one per door and worker, shared by the worker's site and by the requests
// under way. That worker's thread only; the console's, its executor's.
#pragma once

#include "server/http/body_reader.hpp"
#include "server/http/request.hpp"
#include "server/http/response.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gatehouse::http {

/// An answer that has to be waited for; runs on the worker's thread, which serves others meanwhile.
using Later = boost::asio::awaitable<Response>;

using Handler = std::function<Response(const Request&)>;
/// The request lives until the answer is there.
using LaterHandler = std::function<Later(const Request&)>;
/// Reads the body itself as it arrives; `Request::body` is empty. One that answers before the body's end ends the
/// connection; what the client still sends is thrown away for a while, so that it reads the answer. The reader lives as
/// long as the request.
using StreamHandler = std::function<Later(const Request&, BodyReader&)>;

struct Route {
    Method method = Method::get;  ///< a GET route takes HEAD too
    /// Percent-encoded as in requests. A segment `{name}` stands for any one segment that is not empty; its decoded
    /// text is then the request's parameter of that name.
    std::string path;
    Access access = Access::anyone;
    std::uint64_t body_bytes = 0;  ///< largest body it takes
    std::variant<Handler, LaterHandler, StreamHandler> handler;
};

/// Finds out who asks, and puts it into the request, or says why it is not let in. Called for each route that asks
/// anything of its caller.
using Gate = std::function<std::optional<Response>(Request&, Access)>;

/// Gives a refusal (a problem document: the router's, the session's, a gate's or a handler's) the form in which the
/// clients of some paths expect it; leaves every other answer as it is.
using Dress = std::function<void(const Request&, Response&)>;

class Router {
public:
    /// `fallback` answers GET and HEAD where no route claims the path (a folder of files), other methods are 405 there;
    /// may be empty. Of two routes with the same method and path the first one counts; a path that
    /// routes without parameters have belongs to them alone. Without a gate only routes for anyone are ever let
    /// through. `dress` may be empty.
    explicit Router(std::vector<Route> routes, Handler fallback = {}, Gate gate = {}, Dress dress = {});

    /// The route's answer, 405 with Allow where only the method is wrong, else the fallback's, else 404. For HEAD the
    /// handler of the GET route runs, its body is dropped and its size declared. `body` is for a handler that reads the
    /// body itself; null: it gets `Request::body` as one piece.
    [[nodiscard]] std::variant<Response, Later> handle(Request& request, BodyReader* body = nullptr) const;
    /// Whether the route's handler reads the body itself. It also decides then what to say to one that is too large.
    [[nodiscard]] bool streams(const Request& request) const;
    /// Largest body that a request with this head may bring: the route's, 0 where none answers it or the gate does not
    /// let it in. The session answers 413 to more, before the handler.
    [[nodiscard]] std::uint64_t body_limit(Request& request) const;
    /// For what the session refuses before it comes to `handle`.
    void dress(const Request& request, Response& response) const;

private:
    template <class Visit>  // (const Route&), for each route with that path, in the order in which they count
    void each_claiming(std::string_view path, const Visit& visit) const;
    [[nodiscard]] const Route* find(const Request& request) const;
    [[nodiscard]] std::variant<Response, Later> answer(Request& request, BodyReader* body) const;
    [[nodiscard]] std::optional<Response> refuse(Request& request, const Route& route) const;
    [[nodiscard]] Response without_route(const Request& request) const;
    [[nodiscard]] Response finished(const Request& request, Response response) const;
    [[nodiscard]] Later finished_later(const Request& request, Later later) const;

    std::vector<Route> routes_;
    std::vector<std::size_t> exact_;  // indices of routes_ without parameters, sorted by path, then by place
    struct Parametrised {
        std::size_t route;    // index in routes_
        std::size_t literal;  // bytes of its path before the first parameter: most requests differ there already
    };
    std::vector<Parametrised> parametrised_;  // the others, in their order
    Handler fallback_;
    Gate gate_;
    Dress dress_;
};

}  // namespace gatehouse::http
