#include "server/net/name_servers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace gatehouse::net {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);

bool is_decisive(Reply::Kind kind) {
    return kind == Reply::Kind::addresses || kind == Reply::Kind::no_data || kind == Reply::Kind::no_name;
}

// What an attempt waits with; shared with the questions it sent, which may be answered after it has given up.
struct Waiting {
    Waiting(const asio::any_io_executor& executor, steady_clock::time_point when) : timer(executor), until(when) {}
    asio::steady_timer timer;
    steady_clock::time_point until;
    std::vector<std::optional<Reply>> replies;  // empty once nobody waits any more

    [[nodiscard]] bool over() const {
        return std::all_of(replies.begin(), replies.end(), [](const auto& reply) { return reply.has_value(); });
    }
};

}  // namespace

struct NameServers::Lookup {
    std::string name;
    std::vector<Record> open;
    Time until;
    Answers answers;
    bool has_ipv4 = false;
    bool cancelled = false;

    [[nodiscard]] bool over() const { return open.empty() || has_ipv4 || cancelled || steady_clock::now() >= until; }
    // How the server fared when it was asked last; nullptr: it was not.
    [[nodiscard]] Unhelpful* unhelpful(const Endpoint& server) {
        auto& all = answers.unhelpful;
        const auto found = std::find_if(all.begin(), all.end(), [&](const auto& one) { return one.server == server; });
        return found == all.end() ? nullptr : &*found;
    }
    void take(const Endpoint& server, std::vector<std::optional<Reply>> replies, const std::string& trouble);
};

// Sorts the replies of one attempt: what is decided is not asked again.
void NameServers::Lookup::take(const Endpoint& server, std::vector<std::optional<Reply>> replies,
                               const std::string& trouble) {
    std::vector<Record> still_open;
    for (std::size_t i = 0; i < open.size(); ++i) {
        Reply reply = replies[i] ? std::move(*replies[i]) : Reply();
        if (is_decisive(reply.kind)) {
            has_ipv4 = has_ipv4 || (open[i] == Record::a && reply.kind == Reply::Kind::addresses);
            answers.decisive.push_back(std::move(reply));
            answers.decided_by = server;
            continue;
        }
        still_open.push_back(open[i]);
        Unhelpful* known = unhelpful(server);
        if (known == nullptr) known = &answers.unhelpful.emplace_back(Unhelpful{server, {}, {}});
        known->kind = reply.kind;
        known->trouble = trouble;
    }
    open = std::move(still_open);
    answers.complete = open.empty();
}

NameServers::NameServers(asio::any_io_executor executor, const std::vector<Endpoint>& servers, Origin origin,
                         const Patience& patience)
    : executor_(std::move(executor)), origin_(std::move(origin)), patience_(patience) {
    for (const Endpoint& server : servers)
        members_.push_back({server, std::nullopt});
}

// Those that answered when they were last asked, in the configured order, then the others. One whose time at the end is
// over is tried by one look-up, not by all that come at once.
std::vector<std::size_t> NameServers::order() {
    std::vector<std::size_t> first;
    std::vector<std::size_t> last;
    const auto now = steady_clock::now();
    for (std::size_t i = 0; i < members_.size(); ++i) {
        auto& quiet_until = members_[i].quiet_until;
        const bool tried_again = quiet_until && *quiet_until <= now;
        if (tried_again) quiet_until = now + patience_.quiet;
        (!quiet_until || tried_again ? first : last).push_back(i);
    }
    first.insert(first.end(), last.begin(), last.end());
    return first;
}

asio::awaitable<void> NameServers::attempt(Member& member, Lookup& lookup, milliseconds wait) {
    const auto until = steady_clock::now() + wait;
    const auto waiting = std::make_shared<Waiting>(executor_, std::min(until, lookup.until));
    waiting->replies.resize(lookup.open.size());
    std::vector<std::shared_ptr<Inquiry>> inquiries;
    std::string trouble;
    for (std::size_t i = 0; i < lookup.open.size(); ++i) {
        const bool ipv4 = lookup.open[i] == Record::a;
        auto done = [waiting, i, ipv4, other = patience_.other](Reply reply) {
            if (waiting->replies.empty()) return;
            if (ipv4 && reply.kind == Reply::Kind::addresses)
                waiting->until = std::min(waiting->until, steady_clock::now() + other);
            waiting->replies[i] = std::move(reply);
            waiting->timer.cancel();
        };
        auto inquiry = Inquiry::ask(executor_, member.server, origin_, lookup.name, lookup.open[i], std::move(done));
        if (inquiry) {
            inquiries.push_back(std::move(*inquiry));
        } else {
            trouble = inquiry.error().message;
            waiting->replies[i] = Reply{Reply::Kind::unreachable, {}};
        }
    }
    while (!waiting->over() && steady_clock::now() < waiting->until) {
        lookup.cancelled = (co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none;
        if (lookup.cancelled) break;  // perhaps before there was anything to wait for
        waiting->timer.expires_at(waiting->until);
        (void)co_await waiting->timer.async_wait(use_result);  // ends at an answer as well
    }
    const bool answered = std::any_of(waiting->replies.begin(), waiting->replies.end(), [](const auto& reply) {
        return reply && reply->kind != Reply::Kind::silent && reply->kind != Reply::Kind::unreachable;
    });
    const bool had_its_time = waiting->over() || steady_clock::now() >= until;
    if (answered) {
        member.quiet_until.reset();
    } else if (had_its_time) {
        member.quiet_until = steady_clock::now() + patience_.quiet;
    }
    for (const auto& inquiry : inquiries) {
        if (!inquiry->origin_trouble().empty()) trouble = inquiry->origin_trouble();
    }
    lookup.take(member.server, std::exchange(waiting->replies, {}), trouble);
}

asio::awaitable<Answers> NameServers::ask(std::string name, std::vector<Record> records, Time until) {
    Lookup lookup{std::move(name), std::move(records), until, {}};
    for (const milliseconds wait : {patience_.first, patience_.second}) {
        for (const std::size_t i : order()) {
            if (lookup.over()) co_return std::move(lookup.answers);
            // A second time only those whose answer may have been lost on the way.
            const Unhelpful* before = lookup.unhelpful(members_[i].server);
            if (before == nullptr || before->kind == Reply::Kind::silent) co_await attempt(members_[i], lookup, wait);
        }
    }
    co_return std::move(lookup.answers);
}

}  // namespace gatehouse::net
