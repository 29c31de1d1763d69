#include "gatehousectl/commands/change.hpp"

#include "base/printable.hpp"
#include "base/text.hpp"
#include "gatehousectl/answer.hpp"
#include "gatehousectl/text.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ostream>

namespace gatehouse::gatehousectl::commands {

std::vector<std::string> codes_to_confirm(const std::vector<Finding>& findings) {
    std::vector<std::string> codes;
    for (const Finding& finding : findings) {
        if (finding.severity == "warn" && std::find(codes.begin(), codes.end(), finding.code) == codes.end()) {
            codes.push_back(finding.code);
        }
    }
    return codes;
}

Outcome<Answer> change(const Console& console, const ChangeRequest& request, std::vector<std::string> confirm) {
    // What is being judged may change between the attempts, and new warnings come with it.
    constexpr int most_questions = 3;
    for (int question = 0;; ++question) {
        const auto made = request(confirm);
        if (!made) return tl::unexpected(made.error());
        auto answer = console.call(*made);
        if (answer || answer.error().error.code != "confirmation_required") return answer;
        const std::vector<std::string> codes = codes_to_confirm(answer.error().findings);
        if (console.json() || !console.terminal().can_ask() || codes.empty() || question == most_questions) {
            // In the words of this tool; --json has the daemon's own.
            answer.error().error.message = "What the certificate warns of has to be confirmed.";
            answer.error().error.advice = "To accept it: --confirm " + base::joined(codes, ",");
            return answer;
        }
        console.err() << findings_text(answer.error().findings, console.width(), 0);
        console.err().flush();
        const auto yes = console.terminal().ask_yes("Serve it all the same?");
        if (!yes) return tl::unexpected(yes.error());
        if (!*yes) return refused("not_confirmed", "Nothing was changed.");
        for (const std::string& code : codes)
            confirm.push_back(code);
    }
}

Exit show_change(const Console& console, const std::string& interface, const Answer& answer) {
    const auto findings = findings_in(*answer, "findings");
    const bool would_be_refused = std::any_of(findings.begin(), findings.end(),
                                              [](const Finding& finding) { return finding.severity == "refuse"; });
    const Exit exit = would_be_refused ? Exit::refused : Exit::fine;
    if (console.json()) {
        console.print_as_it_came(answer);
        return exit;
    }
    const std::string change_id = text_in(*answer, "change_id");
    const std::string subject = base::printable(cell(part_of(*answer, "certificate"), "subject"));
    const std::string fingerprint = base::printable(grouped(text_in(*answer, "fingerprint_sha256")));
    if (!change_id.empty()) {
        console.out() << "The " << interface << " door serves " << subject << '\n';
    } else if (would_be_refused) {
        console.out() << "Nothing was changed. This would be refused:\n";
    } else {
        console.out() << "Nothing was changed. The " << interface << " door would serve " << subject << '\n';
    }
    if (!fingerprint.empty()) console.out() << "SHA-256 " << fingerprint << '\n';
    console.out() << findings_text(findings, console.width(), 0);
    return exit;
}

}  // namespace gatehouse::gatehousectl::commands
