"""gatehousectl by itself: its help, its completion, its manual, and what it says where there is no daemon."""

import re
import socket
import subprocess

import pytest

import console
from daemon import BINARY as DAEMON, REPOSITORY

COMPLETION = REPOSITORY / "packaging" / "gatehousectl.bash"
MANUAL = REPOSITORY / "docs" / "man" / "gatehousectl.8"
MANUALS = {MANUAL: "GATEHOUSECTL(8)", REPOSITORY / "docs" / "man" / "gatehoused.8": "GATEHOUSED(8)"}
OPTION = re.compile(r"(?:^|[ ,])(--[a-z0-9-]+)")


def help_of(*path):
    ended = console.run(*path, "--help")
    assert ended.returncode == 0 and not ended.stderr
    return ended.stdout


def commands_of(text):
    """The commands that a help lists."""
    part = text.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
    return re.findall(r"^  ([a-z][a-z-]*)", part, re.M)


def options_of(text):
    part = text.partition("\nOptions:\n")[2].partition("\nSubcommands:")[0].partition("\nExample:")[0]
    return {name for line in part.splitlines() if re.match(r"  -", line)
            for name in OPTION.findall(line.split("   ")[0] if "   " in line.strip() else line)}


def tree(*path):
    """Every command with its path, groups too."""
    text = help_of(*path)
    yield path, text
    for name in commands_of(text):
        yield from tree(*path, name)


@pytest.fixture(scope="module")
def helps():
    found = dict(tree())
    assert len(found) > 30
    return found


def complete(*words):
    """What bash offers for the last of these words."""
    quoted = " ".join("'" + word + "'" for word in ("gatehousectl", *words))
    done = subprocess.run(["bash", "--norc", "-c", f'''set -u; . "$0"
        COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _gatehousectl
        [ ${{#COMPREPLY[@]}} -eq 0 ] || printf '%s\\n' "${{COMPREPLY[@]}}"''', COMPLETION],
                          capture_output=True, text=True, cwd=REPOSITORY / "docs")
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout.split()


def test_completion_offers_the_commands_that_there_are(helps):
    take_words = {("certificate", "upload"), ("authorities", "add"), ("backup", "create"), ("backup", "restore"), ("tls", "policy", "set")}
    for path, text in helps.items():
        if path not in take_words:
            assert sorted(complete(*path, "")) == sorted(commands_of(text)), path


def test_completion_offers_the_options_that_there_are(helps):
    everywhere = options_of(helps[()]) - {"--version"}
    for path, text in helps.items():
        assert set(complete(*path, "--")) == options_of(text) | everywhere, path


def test_completion_knows_what_an_option_takes(helps):
    for path, text in helps.items():
        for option, choices in re.findall(r"^  (--[a-z-]+) ([a-z0-9-]+(?:\|[a-z0-9-]+)+)", text, re.M):
            assert complete(*path, option, "") == choices.split("|"), (path, option)
            assert complete(*path, option, "=", "") == choices.split("|"), (path, option)
    assert complete("certificate", "show", "--interface", "cl") == ["clean"]
    assert complete("certificate", "show", "--interface", "clean", "--j") == ["--json"]
    assert complete("--socket", "/x", "certif") == ["certificate"]
    assert complete("certificate", "upload", "--interface", "clean", "man/gatehousec") == ["man/gatehousectl.8"]
    assert complete("audit", "--since", "") == []
    assert complete("tls", "policy", "set", "--interface", "clean", "") == ["intermediate", "modern"]
    known = (REPOSITORY / "certstore" / "confirmations.cpp").read_text().partition("warnings{")[2].partition("}")[0]
    assert complete("certificate", "upload", "--confirm", "") == re.findall('"([a-z_]+)"', known)


def test_help_is_a_command_too(helps):
    for words in ((), ("certificate",), ("certificate", "upload")):
        ended = console.run("help", *words)
        assert (ended.returncode, ended.stdout) == (0, helps[words]), words


def paragraphs_of(text):
    """What the manual says of its commands: each line that names some, without its fonts, and what is written below."""
    commands = text.partition(".SH COMMANDS\n")[2].partition("\n.SH ")[0].replace("\\\n", "").replace("\\-", "-")
    for part in re.split(r"^\.(?:TP|PP|SS .*)\n", commands, flags=re.M):
        title, _, said = re.sub(r"\\f[BIR]", "", part).partition("\n")
        yield re.sub(r"[\"\[\]|,]+ *|^\.\w+ ", " ", title), said


def names(title, path):
    """Whether a title names the command: in full, or its last word after others of the same group."""
    group, last = " ".join(path[:-1]), path[-1]
    return re.search(rf"(?:^| ){re.escape(group)}(?: .*)? {re.escape(last)}(?: |$)" if group
                     else rf"^ *{re.escape(last)}(?: |$)", title)


def test_the_manual_tells_every_command_and_option(helps):
    text = MANUAL.read_text()
    everywhere = options_of(helps[()])
    told = text.partition(".SH OPTIONS\n")[2].partition("\n.SH ")[0].replace("\\-", "-")
    for option in everywhere:
        assert option in told, option
    paragraphs = list(paragraphs_of(text))
    for path, said in helps.items():
        if not path or commands_of(said):
            continue
        own = [title + " " + below for title, below in paragraphs if names(title, path)]
        assert len(own) == 1, (path, own)
        for option in options_of(said) - everywhere:
            assert re.search(re.escape(option) + r"(?![a-z-])", own[0].replace("\\-", "-")), (path, option)


@pytest.mark.parametrize("manual", MANUALS, ids=lambda path: path.name)
def test_the_manuals_are_sound_and_refer_to_each_other_alone(manual):
    done = subprocess.run(["man", "--warnings", "-E", "UTF-8", "-l", "-Tutf8", manual], capture_output=True, text=True,
                          env={"PATH": "/usr/bin:/bin", "MANPAGER": "cat", "MANWIDTH": "80"})
    assert done.returncode == 0 and not done.stderr
    assert MANUALS[manual] in done.stdout
    also = manual.read_text().partition(".SH SEE ALSO\n")[2]
    for name, section in re.findall(r"^\.BR (\S+) \((\d)\)", also, re.M):
        assert (manual.parent / f"{name}.{section}").exists(), name


def test_the_daemons_manual_tells_every_option():
    text = (MANUAL.parent / "gatehoused.8").read_text().replace("\\-", "-")
    said = subprocess.run([DAEMON, "--help"], capture_output=True, text=True, check=True).stdout
    for option in OPTION.findall(said):
        assert option in text, option


def test_the_manual_tells_every_exit_code(helps):
    told = re.findall(r"(\d) ", helps[()].partition("Exit codes: ")[2])
    assert told and re.findall(r"^\.B (\d)$", MANUAL.read_text(), re.M) == told


@pytest.mark.parametrize("arguments", [["status"], ["--json", "reload"], ["events"], ["events", "--exec", "true"],
                                       ["certificate", "regenerate", "--interface", "clean"]])
def test_without_a_daemon_it_says_what_to_do(tmp_path, arguments):
    gone = tmp_path / "gone.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(gone))
    for path in (tmp_path / "none.sock", gone):
        ended = console.run("--socket", path, *arguments)
        assert ended.returncode == 3
        assert not ended.stdout
        assert "not running" in ended.stderr and str(path) in ended.stderr
        assert "systemctl start gatehouse" in ended.stderr


def test_the_configuration_says_where_the_socket_is(tmp_path):
    configuration = tmp_path / "gatehouse.json"
    configuration.write_text('// broken elsewhere\n{"workers": "two", "console_socket": "%s/own.sock"}' % tmp_path)
    ended = console.run("--config", configuration, "status")
    assert ended.returncode == 3
    assert f"{tmp_path}/own.sock (from {configuration})" in ended.stderr
    for text in ("{", '{"console_socket": 7}'):
        configuration.write_text(text)
        ended = console.run("--config", configuration, "status")
        assert ended.returncode == 2
        assert str(configuration) in ended.stderr and "name the socket with --socket PATH" in ended.stderr
    assert console.run("--config", tmp_path / "none.json", "status").returncode == 2


@pytest.mark.parametrize(("words", "meant"), [(["stauts"], "status"),
                                               (["certificate", "uplaod", "x.pem"], "certificate upload")])
def test_a_mistyped_command_is_named_with_the_one_that_was_meant(words, meant):
    ended = console.run(*words)
    assert ended.returncode == 2 and not ended.stdout
    assert words[0] in ended.stderr and f"Did you mean: gatehousectl {meant}\n" in ended.stderr


def test_a_program_that_cannot_be_run_is_told_at_once(tmp_path):
    plain = tmp_path / "plain"
    plain.write_text("no program")
    for program, why in ((tmp_path / "none", "No such file"), (plain, "chmod +x"), ("no-such-program", "No such file")):
        ended = console.run("--socket", "/nowhere", "events", "--exec", f"{program} --urgent")
        assert ended.returncode == 2, ended
        assert str(program) in ended.stderr and why in ended.stderr and "daemon" not in ended.stderr


def test_a_wrong_command_line_is_2_before_anybody_is_asked():
    for arguments in ([], ["stat"], ["certificate", "upload", "--interface", "clean"], ["audit", "--since", "soon"],
                      ["events", "--exec", "'"], ["authorities", "retrieve", "host:none"]):
        ended = console.run("--socket", "/nowhere", *arguments)
        assert ended.returncode == 2, arguments
        assert not ended.stdout and ended.stderr
