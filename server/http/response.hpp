// A response as handlers make it, and how its head is written (RFC 9110, RFC 9112). Plain values; the worker's thread
// only.
#pragma once

#include "base/result.hpp"
#include "server/http/flaw.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::http {

/// An open file, closed with its last owner.
class OpenFile {
public:
    explicit OpenFile(int descriptor) : descriptor_(descriptor) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    ~OpenFile();
    [[nodiscard]] int descriptor() const { return descriptor_; }
    /// Reads from `at` on, as pread(2) does, and again where a signal came: the bytes that were read; 0: the file ends
    /// there; -1: errno says why not.
    [[nodiscard]] ssize_t read(std::uint64_t at, std::span<char> into) const;

private:
    int descriptor_;
};

/// Bytes `offset` to `offset + size` of a file.
struct FileBody {
    std::shared_ptr<const OpenFile> file;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
};

/// Bytes that several responses share (a cached small file).
using SharedBody = std::shared_ptr<const std::string>;

/// Bytes that come as they happen (server-sent events). Owned by its response; the worker's thread only.
class Stream {
public:
    Stream() = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    virtual ~Stream() = default;
    /// What came since the last call, empty: nothing yet. nullopt: no more will come.
    [[nodiscard]] virtual std::optional<std::string> take() = 0;
    /// `wake` is to be called whenever `take` has something new, but not from within `take`.
    virtual void wake_by(std::function<void()> wake) = 0;
};

/// No body, bytes of its own, shared bytes, part of a file, a stream (whose end is the connection's).
using Body = std::variant<std::monostate, std::string, SharedBody, FileBody, std::shared_ptr<Stream>>;

struct Response {
    unsigned status = 200;
    std::vector<std::pair<std::string, std::string>> fields;  ///< without Date, Content-Length and Connection
    Body body;
    /// What Content-Length says where it differs from the body's size: HEAD, 304.
    std::optional<std::uint64_t> declared_size;
    bool close = false;  ///< end the connection after it
    /// More field lines as they are sent, each with its CRLF: made once, shared by many responses (a cached file's), so
    /// that a request costs no string for each of them. Null: none.
    SharedBody prepared;
};

/// Bytes; 0 for a stream.
[[nodiscard]] std::uint64_t body_size(const Body& body);
/// What lies in memory; empty for a file and a stream.
[[nodiscard]] std::string_view text_of(const Body& body);
/// Makes the answer to HEAD of the one to GET: no body, its size declared.
void drop_body(Response& response);
/// RFC 9110 section 15; empty for a status that has no name there.
[[nodiscard]] std::string_view reason_phrase(unsigned status);

/// Status line and header block with its empty line, appended to `out`. `date` is an IMF-fixdate (RFC 9110
/// section 5.6.7). 1xx, 204 and streams carry no Content-Length; 304 only a declared one. "Connection: close" is
/// written unless `keep_alive` and the response let the connection live. Control characters in names and values of
/// `fields` become spaces, so that nothing a handler copies into a field can begin another one.
void write_head(const Response& response, bool keep_alive, std::string_view date, std::string& out);
/// The same with the body behind it where that lies in memory: what leaves at once, as one record.
void write_start(const Response& response, bool keep_alive, std::string_view date, std::string& out);

/// The one table from error to status: input 400, denied 403, not_found 404, conflict 409, unavailable 503, the codes
/// disk_full and quota_reached 507, too_many_changes and too_many_devices 429, else 500.
[[nodiscard]] unsigned status_of(const base::Error& error);

/// RFC 9457 problem document with members type, title, status, code, detail and, where the refusal has one, pointer; a
/// 5xx tells `code` alone and nothing of the inside. With Retry-After where it is busy, and for the codes that are 429.
[[nodiscard]] Response problem(const Refusal& refusal);
[[nodiscard]] Response problem(unsigned status, std::string_view code, std::string_view detail);
[[nodiscard]] Response problem(const base::Error& error);

}  // namespace gatehouse::http
