"""The package's Build-Depends are what the scripts install to build it, so that nobody keeps two lists by hand."""

import re
from pathlib import Path

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
# In every Debian build, and what no build takes.
NOT_NAMED = {"build-essential", "g++", "lintian", "openssl"}
# What debhelper is named as there.
COMPAT = {"debhelper-compat (= 13)": "debhelper"}


def listed(*names):
    return {line.split("#")[0].strip() for name in names for line in (PACKAGING / name).read_text().splitlines()} - {""}


def test_what_is_installed_to_build_the_package_is_what_it_says_it_takes():
    field = re.search(r"^Build-Depends:(.*(?:\n .*)*)", (PACKAGING / "debian/control").read_text(), re.M).group(1)
    named = {COMPAT.get(entry.strip(), entry.strip()) for entry in field.split(",") if entry.strip()}
    assert named == listed("packages", "deb-packages") - NOT_NAMED
