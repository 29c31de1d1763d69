"""What the tests on a machine with a real systemd share. They play who builds appliances, and who operates one."""

import os
import subprocess
from pathlib import Path

import pytest

from machine import CGROUPS, REPOSITORY, made_for

import certificates


def pytest_sessionstart(session):
    if "GATEHOUSE_OWN_MOUNTS" not in os.environ or not (CGROUPS / "cgroup.procs").exists():
        pytest.exit("These tests mount things: run them by tests/run --system, which gives them a namespace", returncode=2)


@pytest.fixture(scope="session")
def package():
    architecture = subprocess.run(["dpkg", "--print-architecture"], check=True, capture_output=True, text=True).stdout.strip()
    found = sorted(REPOSITORY.glob(f"build/package/gatehouse_*_{architecture}.deb"))
    assert len(found) == 1, f"packaging/build-deb makes one package for this machine: {found}"
    return found[0]


@pytest.fixture(scope="session")
def previous_package(package, tmp_path_factory):
    """The same programs under a lower version, with another default in the configuration file: what an upgrade does to
    files, processes and sockets is proved by it. There is no older release whose programs and scripts could be replaced;
    what an older daemon wrote is in former_box.py."""
    folder = tmp_path_factory.mktemp("previous")
    subprocess.run(["dpkg-deb", "--raw-extract", package, folder / "tree"], check=True)
    control = folder / "tree/DEBIAN/control"
    text = control.read_text()
    version = next(line for line in text.splitlines() if line.startswith("Version: "))
    control.write_text(text.replace(version, version + "~previous"))
    configuration = folder / "tree/etc/gatehouse/gatehouse.json"
    configuration.write_text("// As an older version shipped it.\n" + configuration.read_text())
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "-Znone", folder / "tree", folder / "gatehouse.deb"],
                   check=True, stdout=subprocess.DEVNULL)
    return folder / "gatehouse.deb"


@pytest.fixture(scope="session")
def authority():
    made = certificates.Authority()
    yield made
    made.close()


@pytest.fixture
def machine(request):
    with made_for(request.node) as machine:
        yield machine


@pytest.fixture
def second_machine(request):
    with made_for(request.node) as machine:
        yield machine


@pytest.fixture(scope="module")
def installed(request, package):
    """One for the tests of a file, with the package installed while it ran; the test is in its network."""
    with made_for(request.node) as machine:
        machine.boot()
        machine.install(package)
        with machine.network():
            yield machine


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the journal."""
    report = (yield).get_result()
    if report.failed:
        for node in item.listchain():
            for machine in getattr(node, "machines", ()):
                if machine.leader is not None:
                    report.sections.append(("journal", machine.try_run("journalctl", "--no-pager", "-n", "150").stdout))
                elif (machine.folder / "console.log").exists():
                    report.sections.append(("console", machine.console()))
