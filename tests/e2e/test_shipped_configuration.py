"""The configuration that the package brings, and its manual, name every option there is."""

import json
import re
import subprocess

import pytest

from daemon import BINARY, REPOSITORY
from patience import DEADLINE

SHIPPED = REPOSITORY / "packaging" / "gatehouse.json"
MANUAL = REPOSITORY / "docs" / "man" / "gatehouse.json.5"
OPTION = re.compile(r"^(\s*)// (, )", re.M)  # one that is switched off


def table():
    """Option: default, as docs/operating.md lists them."""
    text = (REPOSITORY / "docs" / "operating.md").read_text().partition("## Configuration\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]+)` \| .*? \| (.*?) \| [^|]* \|$", text, re.M)
    assert len(rows) > 40
    return dict(rows)


def paths(document, so_far=""):
    for name, value in document.items():
        path = f"{so_far}{name}"
        if isinstance(value, dict):
            yield from paths(value, path + ".")
        else:
            yield path, value


def switched_on():
    text = OPTION.sub(r"\1\2", SHIPPED.read_text())
    return json.loads(re.sub(r"(^|\s)//[^\n]*", "", text))


def check(tmp_path, text):
    file = tmp_path / "gatehouse.json"
    file.write_text(text)
    return subprocess.run([BINARY, "--config", file, "--check"], capture_output=True, text=True, timeout=DEADLINE)


def test_the_shipped_configuration_is_taken_as_it_is_and_with_all_options_switched_on(tmp_path):
    for text in (SHIPPED.read_text(), OPTION.sub(r"\1\2", SHIPPED.read_text())):
        done = check(tmp_path, text)
        assert done.returncode == 0 and "gatehouse.json is fine" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("number", range(len(OPTION.findall(SHIPPED.read_text()))))
def test_each_option_can_be_switched_on_alone(tmp_path, number):
    text = SHIPPED.read_text()
    at = list(OPTION.finditer(text))[number]
    done = check(tmp_path, text[:at.start()] + at.group(1) + at.group(2) + text[at.end():])
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_has_every_option_with_its_default():
    shipped = {re.sub(r"^(interfaces|networks)\.(clean|admin|dirty)\.", lambda found: {"interfaces": "interfaces.DOOR.",
               "networks": "networks.NETWORK."}[found.group(1)], path): value for path, value in paths(switched_on())}
    documented = table()
    assert set(shipped) == set(documented)
    for option, default in documented.items():
        if option.startswith(("interfaces.", "networks.")) or option == "one_time_file":
            continue  # one for each door, or below the state folder
        told = re.match(r"`([^`]*)`|(\d+)", default)
        told = told.group(1) if told.group(1) is not None else told.group(2)
        value = shipped[option]
        assert told.strip('"') == (value if isinstance(value, str) else json.dumps(value)), option


def test_the_manual_has_every_option():
    manual = MANUAL.read_text().replace("\\-", "-")
    assert re.findall(r"^\.TP\n\.B (\S+)$", manual, re.M) == list(table())


def test_the_manual_says_what_each_option_means():
    for part in MANUAL.read_text().partition(".SH OPTIONS\n")[2].partition("\n.SH ")[0].split("\n.TP\n.B ")[1:]:
        option, meaning = part.partition("\nDefault: ")[0].split("\n", 1)
        assert len(meaning.split(".\n")) >= 2 and len(meaning.split()) >= 12, option
