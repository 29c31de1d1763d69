// Blocking HTTP/1.1 over the console socket: one request per connection, everything bounded in size and time. Owned by
// the console; one thread.
#pragma once

#include "base/secret.hpp"
#include "gatehousectl/connection.hpp"
#include "gatehousectl/failure.hpp"
#include "gatehousectl/response_reader.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::gatehousectl {

/// How long a whole answer is waited for, from the last byte that was asked. Looking never takes long; a change may: a
/// reload waits for files that are being copied, a new RSA key for a busy machine.
struct Patience {
    std::chrono::milliseconds to_look = std::chrono::seconds(15);
    std::chrono::milliseconds to_change = std::chrono::seconds(120);
    std::chrono::milliseconds unsaid = std::chrono::seconds(5);   ///< of a change, before somebody in front is told
    std::chrono::milliseconds to_list = std::chrono::minutes(5);  ///< all pages of a list
};

struct Request {
    std::string method = "GET";
    std::string target;        ///< path and query, encoded (see target.hpp)
    std::string content_type;  ///< empty: there is no body
    base::Secret body;         ///< may hold a passphrase
    std::vector<std::pair<std::string, std::string>> fields;
};

struct Response {
    ResponseHead head;
    std::string body;
};

class Client {
public:
    /// Bytes that an answer may have.
    static constexpr std::size_t answer_bytes = 16UL * 1024 * 1024;

    /// Called once per request that changes something and is not answered at once, with how long it will be waited for.
    using Waiting = std::function<void(std::chrono::milliseconds at_most)>;

    explicit Client(ConsoleSocket socket, Waiting waiting = {}, Patience patience = {})
        : socket_(std::move(socket)), waiting_(std::move(waiting)), patience_(patience) {}

    /// The whole answer, whatever its status. Fails, with exit code 3, where there is none in time.
    [[nodiscard]] Outcome<Response> send(const Request& request) const;

    /// Called with nothing once the daemon has begun its 200, then with the body as it arrives; false ends the reading.
    using Sink = std::function<bool(std::string_view bytes)>;
    /// For an answer without end: hands a 200's body to `sink` piece by piece until the daemon or the sink ends it. The
    /// response holds a body only where the status is another one. Fails where nothing comes for `silence`, or another
    /// status is not answered in that time.
    [[nodiscard]] Outcome<Response> stream(const Request& request, const Sink& sink,
                                           std::chrono::milliseconds silence) const;

    [[nodiscard]] const Patience& patience() const { return patience_; }

private:
    [[nodiscard]] Outcome<Connection> ask(const Request& request) const;
    [[nodiscard]] tl::unexpected<Failure> unfinished(const base::Error& error, bool begun) const;
    [[nodiscard]] Outcome<bool> receive(Connection& connection, ResponseReader& reader, const Deadline& deadline) const;

    ConsoleSocket socket_;
    Waiting waiting_;
    Patience patience_;
};

}  // namespace gatehouse::gatehousectl
