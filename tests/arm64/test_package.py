"""The package that packaging/build-deb --arch arm64 makes. That its programs run is what tests/run --arm64 shows besides."""

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def package():
    found = sorted(REPOSITORY.glob("build/package/gatehouse_*_arm64.deb"))
    assert len(found) == 1, found
    return found[0]


def field(package, name):
    return subprocess.run(["dpkg-deb", "--field", package, name], check=True, capture_output=True, text=True).stdout.strip()


def said_of(program, *options):
    return subprocess.run(["readelf", "-W", *options, program], check=True, capture_output=True, text=True).stdout


def test_its_programs_are_of_that_architecture_and_stripped(package, tmp_path):
    assert field(package, "Architecture") == "arm64"
    subprocess.run(["dpkg-deb", "--raw-extract", package, tmp_path / "tree"], check=True)
    for name in ("usr/sbin/gatehoused", "usr/bin/gatehousectl"):
        program = tmp_path / "tree" / name
        assert "AArch64" in said_of(program, "-h")
        sections = said_of(program, "-S")
        assert ".debug_info" not in sections and ".symtab" not in sections
        assert str(REPOSITORY).encode() not in program.read_bytes()


def test_it_depends_on_the_libraries_that_its_programs_are_linked_with(package, tmp_path):
    """By the files of that architecture's packages, which name none of this machine's."""
    subprocess.run(["dpkg-deb", "--raw-extract", package, tmp_path / "tree"], check=True)
    lists = REPOSITORY / "build/arm64/sysroot/var/lib/dpkg/info"
    holders = {Path(line).name: file.name.split(":")[0].removesuffix(".list")
               for file in lists.glob("*.list") for line in file.read_text().splitlines() if ".so." in line}
    needed = {holders[library] for name in ("usr/sbin/gatehoused", "usr/bin/gatehousectl")
              for library in re.findall(r"\(NEEDED\).*\[(.*)\]", said_of(tmp_path / "tree" / name, "-d"))}
    depends = {entry.split()[0]: entry for entry in field(package, "Depends").split(", ")}
    assert needed >= {"libc6", "libssl3", "libsqlite3-0", "libsodium23"}, needed
    assert needed <= set(depends), needed - set(depends)
    assert re.search(r"\(>= 2\.\d+\)", depends["libc6"]), depends
