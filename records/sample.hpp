// A sample as it is kept: one submission, what was submitted, and what the analysis made of it. Values; any thread.
#pragma once

#include "records/time.hpp"
#include "records/viewer.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::records {

/// Where a submission is on its way: wait, run (an engine has it), proc (the verdict is being worked in), and in the
/// end succ or fail. `prep` is a word of the field's API that nothing is in at present.
enum class SampleState { wait, prep, run, proc, succ, fail };
[[nodiscard]] std::string_view name(SampleState state);
[[nodiscard]] std::optional<SampleState> sample_state_of(std::string_view name);
/// The word that the field's API has beside the state: pending, preparing, running, processing, job_done, failed.
[[nodiscard]] std::string_view status_of(SampleState state);
/// succ or fail.
[[nodiscard]] constexpr bool is_over(SampleState state) {
    return state == SampleState::succ || state == SampleState::fail;
}

/// How many hex digits each digest has.
inline constexpr std::size_t md5_digits = 32;
inline constexpr std::size_t sha1_digits = 40;
inline constexpr std::size_t sha256_digits = 64;

/// The bytes that were submitted, by their digests in lower-case hex. The same bytes are one content, however often
/// and by whomever they were submitted.
struct Content {
    std::string sha256;
    std::string sha1;
    std::string md5;
    std::int64_t size = 0;  ///< bytes
};

/// What a submission may say about how to analyse it: stored and shown as it came. callback_url and
/// email_notification are never called. Each at most 1024 bytes.
struct SampleOptions {
    std::string vm = {};
    std::string os = {};
    std::string playbook = {};
    std::string network_exit = {};
    std::string source = {};
    std::string classify = {};
    std::string callback_url = {};
    std::string email_notification = {};
};

/// A submission as a handler has it. Texts are kept as they came; NUL and bytes that are no UTF-8 become U+FFFD.
struct NewSample {
    std::optional<Content> content = {};  ///< nullopt: a URL was submitted, nothing was fetched
    Ownership owner = {};
    std::string login = {};              ///< the submitter's, kept when the account is gone
    std::string filename = {};           ///< at most 1024 bytes
    std::string url = {};                ///< at most 8192 bytes; empty: a file
    std::vector<std::string> tags = {};  ///< see `checked_tag`; the same one twice counts once
    SampleOptions options = {};
    std::optional<std::string> sealed_password = {};  ///< sample_password, sealed by the caller
};

/// One thing that the engine saw the sample do, or found in it.
struct Behaviour {
    std::string name;             ///< stable, for machines: "network-beacon"
    std::string title;            ///< for people
    std::int64_t severity = 0;    ///< 0 to 100
    std::int64_t confidence = 0;  ///< 0 to 100
    std::string detail = {};      ///< for people; may be empty
    friend bool operator==(const Behaviour&, const Behaviour&) = default;
};

/// What the engine says about a sample.
struct Verdict {
    std::int64_t score = 0;                  ///< 0 to 100; moved there
    std::vector<Behaviour> behaviours = {};  ///< at most 1000, the rest is dropped
    std::string report = {};                 ///< the engine's own report as it gave it; may be empty
};

/// A submission as it is kept.
struct Sample {
    std::int64_t number = 0;  ///< submission_id: 1, 2, 3, ... in the order they came; never used again
    std::string id;           ///< 32 random hex digits: what the API calls a sample
    Ownership owner;
    std::string login;
    std::int64_t content_id = 0;     ///< 0: no content
    std::optional<Content> content;  ///< nullopt: a URL
    std::string filename;
    std::string url;
    std::vector<std::string> tags;  ///< in the order they were added
    SampleOptions options;
    SampleState state = SampleState::wait;
    std::int64_t attempts = 0;  ///< how often an engine was given it
    Time submitted_at;
    std::optional<Time> started_at;          ///< of the last attempt
    std::optional<Time> completed_at;        ///< when it came to succ or fail
    std::string message;                     ///< why it failed, or what there is to say; for people
    std::optional<std::int64_t> score;       ///< with succ
    std::optional<std::int64_t> severity;    ///< the highest of its behaviours; nullopt where there is none
    std::optional<std::int64_t> confidence;  ///< the highest of its behaviours; nullopt where there is none
};

}  // namespace gatehouse::records
