"""testssl.sh finds nothing of MEDIUM or worse at either door, but what is listed here with its reason."""

import json

import pytest

EXPECTED = {
    "cert_revocation": "the tests' authority publishes no revocation list",
}


@pytest.mark.parametrize("name", ["clean", "admin"])
def test_testssl_finds_nothing_of_medium_or_worse(scans, name):
    said = scans.wait(name)
    report = scans.report(name)
    findings = json.loads(report.read_text()) if report.exists() else []
    assert len(findings) > 100, said  # it did look
    assert any(f["id"] == "TLS1_3" and f["severity"] == "OK" for f in findings), said
    bad = [f for f in findings if f["severity"] in ("MEDIUM", "HIGH", "CRITICAL", "FATAL")]
    assert not [f for f in bad if f["id"] not in EXPECTED], json.dumps(bad, indent=1)
