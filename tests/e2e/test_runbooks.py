"""What the manual tells root to type never goes through a link that the daemon's user may have laid below STATE, and can be
pasted as it is once STATE is set."""

import re
import shlex

import pytest

from daemon import REPOSITORY

MANUALS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]
STATE = re.compile(r"(^|[^A-Za-z_])STATE(?![A-Za-z_])|/var/lib/gatehouse")
AS_USER = ["runuser", "-u", "gatehouse", "--"]
ASKS_ONLY = {"df"}
# A span of code in a sentence is a command where it begins with one, or writes.
COMMANDS = {"cat", "chgrp", "chmod", "chown", "cp", "curl", "dd", "find", "head", "install", "less", "ln", "mkdir", "mv",
            "rm", "rsync", "runuser", "scp", "sh", "shred", "sqlite3", "sudo", "tail", "tar", "tee", "touch", "truncate", "xargs"}


def commands_of(line):
    """The commands of a shell's line, as words: >, < and what they lead to are among them."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    command = []
    for word in lexer:
        if set(word) <= set("|&;()"):
            yield command
            command = []
        else:
            command.append(word)
    yield command


def harm_of(line):
    """Why root must not type this line; nothing where it may."""
    try:
        commands = list(commands_of(line))
    except ValueError:
        return None  # no shell's line: an apostrophe in a sentence
    for words in commands:
        while words and re.fullmatch(r"\w+=.*|do|then|\$|#", words[0]):
            words = words[1:]
        for before, word in zip(words, words[1:]):
            if set(before) <= set("<>") and STATE.search(word):
                return f"root's own shell opens {word}"
        if not any(STATE.search(word) for word in words) or words[0] in ASKS_ONLY:
            continue
        if words[:4] != AS_USER and "--rsync-path=" + " ".join(AS_USER) + " rsync" not in words:
            return f"{words[0]} has root's rights in STATE"
    return None


def lines_of(text):
    """What is to be typed: indented lines, put together where they go on, and spans of code that are commands."""
    block = re.sub(r"(\\|\|)\n\s+", lambda end: " " if end[1] == "\\" else "| ", text)
    for line in block.splitlines():
        if re.match(r"    +\S", line) and not re.match(r"\s+[-*|{\"]", line):
            yield line.strip()
    for span in re.findall(r"`([^`\n]+)`", text):
        if span.lstrip("(").split()[0] in COMMANDS or re.search(r"[<>] *(STATE/|/var/lib/gatehouse/)", span):
            yield span


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.name)
def test_no_command_of_roots_follows_links_below_the_state_folder(manual):
    bad = [f"{line}: {harm}" for line in lines_of(manual.read_text()) if STATE.search(line) and (harm := harm_of(line))]
    assert not bad, "\n".join(bad)


def word_of_a_placeholder(line):
    """Where a command has STATE as a word that the shell would take literally."""
    return re.search(r"(?<![A-Za-z_${])STATE(?![A-Za-z_=])", line)


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.name)
def test_commands_have_the_state_folder_as_a_variable_that_is_set_once(manual):
    lines = [line for line in lines_of(manual.read_text()) if STATE.search(line)]
    assert not [line for line in lines if word_of_a_placeholder(line)]
    if any("$STATE" in line for line in lines):
        assert "STATE=/var/lib/gatehouse" in lines
    # Within single quotes it is another shell's, which has no such variable.
    assert not [line for line in lines if re.search(r"'[^']*\$\{?STATE[^']*'", re.sub(r'"[^"]*"', "", line))]


def test_a_placeholder_in_a_command_is_found():
    for line in ("runuser -u gatehouse -- cat STATE/x", "cd STATE", 'sh -c "cat STATE/x"'):
        assert word_of_a_placeholder(line), line
    for line in ('runuser -u gatehouse -- cat "$STATE/x"', "STATE=/var/lib/gatehouse", "GATEHOUSE_STATE=/srv/x"):
        assert not word_of_a_placeholder(line), line


def test_the_manual_has_such_commands():
    text = (REPOSITORY / "docs" / "operating.md").read_text()
    assert sum("runuser -u gatehouse" in line and bool(STATE.search(line)) for line in lines_of(text)) >= 10


@pytest.mark.parametrize("text", [
    "    (umask 077; head -c 32 /dev/urandom > STATE/vault/users.key)",
    '    head -c 32 /dev/urandom > "$STATE/vault/users.key"',
    '    rm -r "$STATE/restore"',
    "1. `(umask 077; head -c 32 /dev/urandom > STATE/vault/users.key)` and then",
    "so `chown --reference=STATE STATE/otc.new`",
    "    cp NEW.key STATE/clean/cert.key",
    "    runuser -u gatehouse -- true && mv new STATE/otc.conf.json",
    "    runuser -u gatehouse -- cat x > STATE/y",
    "    curl -F sample=@STATE/samples/x https://h",
    "      rsync -a --chown=gatehouse:gatehouse a \\\n          root@two:/var/lib/gatehouse/clean/",
    "    printf x |\n        tee STATE/otc.conf.json",
    "    while read -r f; do rm STATE/$f; done",
])
def test_such_a_command_is_found(text):
    found = [line for line in lines_of(text) if STATE.search(line)]
    assert found and any(harm_of(line) for line in found), found
