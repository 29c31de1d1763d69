// What a command works with: the daemon, the person in front, and where results go. Owned by main; its thread.
#pragma once

#include "gatehousectl/client.hpp"
#include "gatehousectl/failure.hpp"
#include "gatehousectl/target.hpp"
#include "gatehousectl/terminal.hpp"

#include <nlohmann/json_fwd.hpp>

#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>

namespace gatehouse::gatehousectl {

/// The daemon's consent: what it said, and the same read.
struct Answer {
    std::string body;                             ///< JSON, or empty
    std::shared_ptr<const nlohmann::json> value;  ///< null where it said nothing; never a null pointer

    [[nodiscard]] const nlohmann::json& operator*() const { return *value; }
};

class Console {
public:
    /// Bytes that all pages of a list may have.
    static constexpr std::size_t list_bytes = 64UL * 1024 * 1024;

    Console(const Client& client, const Terminal& terminal, std::ostream& out, std::ostream& err, bool json)
        : client_(client), terminal_(terminal), out_(out), err_(err), json_(json) {}

    /// The daemon's answer where its status is 2xx; else its problem document as a Failure: exit code 1. Fails with
    /// daemon_unknown where the answer is neither JSON nor empty.
    [[nodiscard]] Outcome<Answer> call(const Request& request) const;
    /// GET of what is no JSON but a file, as it comes.
    [[nodiscard]] Outcome<std::string> file(std::string target) const;
    /// GET.
    [[nodiscard]] Outcome<Answer> get(std::string target) const;
    /// The same with a JSON body.
    [[nodiscard]] Outcome<Answer> send(std::string method, std::string target, const nlohmann::json& body) const;
    /// Without a body.
    [[nodiscard]] Outcome<Answer> send(std::string method, std::string target) const;
    /// All items of a list, page by page, as one answer; with --json the first page as it came.
    [[nodiscard]] Outcome<Answer> list(std::initializer_list<std::string_view> segments) const;
    /// All items of a list that fit `query`, page by page, as one answer, with --json too. Fails with list_too_long
    /// where that is more than `list_bytes`.
    [[nodiscard]] Outcome<Answer> all(std::initializer_list<std::string_view> segments, const Query& query) const;
    /// The same console without --json, for a request whose answer is not what the command prints.
    [[nodiscard]] Console unprinted() const { return {client_, terminal_, out_, err_, false}; }

    [[nodiscard]] bool json() const { return json_; }
    [[nodiscard]] const Client& client() const { return client_; }
    [[nodiscard]] const Terminal& terminal() const { return terminal_; }
    [[nodiscard]] std::size_t width() const { return terminal_.width(); }
    [[nodiscard]] std::ostream& out() const { return out_; }
    /// For what is said beside the result.
    [[nodiscard]] std::ostream& err() const { return err_; }

    /// The answer as it came, on lines of its own; to a terminal as JSON that is plain ASCII.
    void print_as_it_came(const Answer& answer) const;

private:
    const Client& client_;
    const Terminal& terminal_;
    std::ostream& out_;
    std::ostream& err_;
    bool json_;
};

/// What the daemon refused, from its problem document (or from whatever else it sent, which is not handed on).
[[nodiscard]] Failure refusal(int status, std::string_view body);

/// What was refused without the daemon, as a problem document: code and detail.
[[nodiscard]] std::string problem_of(const base::Error& error);

/// `failure` as its command ends: on `out` the problem document where `json`, else sentences on `err`. The exit code.
int report(const Failure& failure, bool json, const Terminal& terminal, std::ostream& out, std::ostream& err);

/// One finding a line, for people: "  warn  expired  sentence advice".
[[nodiscard]] std::string findings_text(const std::vector<Finding>& findings, std::size_t width, std::size_t indent);

}  // namespace gatehouse::gatehousectl
