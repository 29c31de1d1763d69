"""What all end-to-end tests share. They play the operator: the real binary, real files, real clients."""

import pytest

import certificates
from daemon import BINARY, Daemon
from scans import Scans


def pytest_sessionstart(session):
    if not BINARY.is_file():
        pytest.exit(f"{BINARY} is not there: build it (sh packaging/quickstart --build-only) or name it in $GATEHOUSED",
                    returncode=2)


@pytest.fixture(scope="session")
def authority():
    made = certificates.Authority()
    yield made
    made.close()


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name == "test_scanner.py")  # last: the scans run beside all others


@pytest.fixture(scope="session", autouse=True)
def scans(request, authority):
    """The scans of test_scanner.py, begun first of all where they are wanted."""
    if not any(item.path.name == "test_scanner.py" for item in request.session.items):
        yield None
        return
    made = Scans(authority)
    yield made
    made.close()


@pytest.fixture
def daemon(request):
    """A daemon of the test's own, not started yet."""
    made = Daemon()
    request.node.daemons = [made]
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_daemon(request, authority):
    """A daemon for tests that leave it as it was: issued certificates on both doors."""
    made = Daemon()
    request.node.daemons = [made]
    made.clean.place(authority.issue(made.clean.hostname))
    made.admin.place(authority.issue(made.admin.hostname))
    getattr(request.module, "configure", lambda daemon: None)(made)
    made.start()
    yield made
    made.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """A failed test shows the daemon's log."""
    report = (yield).get_result()
    if report.failed:
        for node in item.listchain():
            for daemon in getattr(node, "daemons", ()):
                report.sections.append(("gatehoused", "\n".join(daemon.log[-200:])))
                report.sections.append(("STATUS", daemon.status()))
