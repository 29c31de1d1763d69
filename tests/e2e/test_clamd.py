"""The clamd that other tests have samples judged by."""

import clamd as engine
from clamd import Clamd, malware


def test_it_finds_what_the_tests_call_malware_and_nothing_else():
    with Clamd() as clamd:
        for content in (malware(), malware(b"within " * 100_000)):
            assert clamd.scan(content) == f"stream: {engine.SIGNATURE} FOUND"
        for content in (b"", b"harmless", b"harmless " * 100_000):
            assert clamd.scan(content) == "stream: OK"


def test_it_can_be_stopped_and_started_again():
    with Clamd() as clamd:
        clamd.stop()
        assert clamd.start().scan(malware()) == f"stream: {engine.SIGNATURE} FOUND"


def test_no_two_samples_are_the_same():
    assert malware() != malware()
