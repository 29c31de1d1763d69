"""What docs/operating.md lists of the code's names is all that there is: actions of the audit, events of the log."""

import re
from pathlib import Path

TOP = Path(__file__).parents[2]
MANUAL = (TOP / "docs" / "operating.md").read_text()
SOURCES = {path: path.read_text() for room in ("server", "records") for path in sorted((TOP / room).rglob("*.[ch]pp"))}
DOTTED = re.compile(r'"([a-z_]+\.[a-z_]+)"')
# How the code names an action that goes into the audit.
RECORDED = re.compile(r'(?:\.action = |\bnote_of\(|\bRefusalKind \w+\{|\bnote\(database, |, std::move\(\*change\), )"([a-z_.]+)"')
# Of the same form, and neither: files, members and columns, pushed events, what a failed request is called in the log.
OTHERS = {
    "gatehouse.db", "index.html", "request.csr", "users.key", "cloud.test",
    "devices.last_conflict", "one_time_file.applied", "tls.policy", "users.created",
    "reload.failed", "sample.changed", "sample.submitted", "settings.changed",
    "certificate.upload",
}


def names_in(table, column):
    """All names in spans of code of a column of the table that has this header."""
    rows = MANUAL.partition(f"\n{table}\n")[2].partition("\n\n")[0].splitlines()[1:]
    assert len(rows) > 10
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row.split(" | ")[column])}


ACTIONS = names_in("| action | what was done, or refused |", 0)
EVENTS = names_in("| event | level | fields | when |", 0)


def in_code(pattern):
    return {name for text in SOURCES.values() for name in pattern.findall(text)}


def test_every_action_that_is_recorded_is_listed():
    recorded = in_code(RECORDED)
    assert len(recorded) > 40
    assert recorded <= ACTIONS


def test_what_looks_like_an_action_or_an_event_is_listed_as_one():
    assert in_code(DOTTED) - ACTIONS - EVENTS == OTHERS


def test_what_is_listed_is_in_the_code():
    assert ACTIONS | EVENTS <= in_code(DOTTED)
