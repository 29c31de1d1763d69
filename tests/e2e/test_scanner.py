"""testssl.sh finds nothing of MEDIUM or worse at either door, but what is listed here with its reason."""

import json
import subprocess

import pytest

EXPECTED = {
}


@pytest.mark.parametrize("name", ["clean", "admin"])
def test_testssl_finds_nothing_of_medium_or_worse(shared_daemon, authority, name):
    door = shared_daemon.doors[name]
    report = shared_daemon.folder / f"testssl-{name}.json"
    done = subprocess.run(
        ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", "127.0.0.1", "--add-ca",
         authority.root_file, "--jsonfile", report, f"{door.hostname}:{door.port}"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900, cwd=shared_daemon.folder)
    findings = json.loads(report.read_text())
    assert len(findings) > 100, done.stdout + done.stderr  # it did look
    bad = [f for f in findings if f["severity"] in ("WARN", "MEDIUM", "HIGH", "CRITICAL", "FATAL")]
    assert not [f for f in bad if f["id"] not in EXPECTED], json.dumps(bad, indent=1)
