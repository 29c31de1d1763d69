"""Firefox at the portal with the certificates of a first start: spoken to by Marionette, its own remote protocol."""

import base64
import json
import socket
import subprocess
import tempfile

import pytest

from api import initial_password
from daemon import free_port, wait_for
from patience import DEADLINE

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # W3C WebDriver, section 12.1


class Firefox:
    """A browser of the test's own, without a window. Commands are WebDriver's, in messages of [0, id, name, parameters]."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="gh-firefox-")
        self.port = free_port()
        with open(f"{self.folder.name}/user.js", "w") as settings:
            settings.write(f'user_pref("marionette.port", {self.port});\n')
        self.process = subprocess.Popen(
            ["firefox-esr", "--headless", "--no-remote", "--marionette", "--profile", self.folder.name],
            env={"HOME": self.folder.name, "PATH": "/usr/bin:/bin", "MOZ_DISABLE_CONTENT_SANDBOX": "1"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.number = 0
        self.socket = wait_for(self._connected, "Firefox")
        self._receive()  # who it is

    def _connected(self):
        assert self.process.poll() is None, f"Firefox ended with {self.process.returncode}"
        try:
            return socket.create_connection(("127.0.0.1", self.port), DEADLINE)
        except OSError:
            return None

    def _receive(self):
        length = b""
        while not length.endswith(b":"):
            length += self.socket.recv(1)
        text = b""
        while len(text) < int(length[:-1]):
            text += self.socket.recv(65536)
        return json.loads(text)

    def ask(self, command, **parameters):
        """The command's value; an AssertionError with WebDriver's words where it fails."""
        self.number += 1
        text = json.dumps([0, self.number, f"WebDriver:{command}", parameters]).encode()
        self.socket.sendall(str(len(text)).encode() + b":" + text)
        _, number, error, value = self._receive()
        assert number == self.number
        assert error is None, f"{command}: {error}"
        return value.get("value", value) if isinstance(value, dict) else value

    def find(self, css):
        def found():
            elements = self.ask("FindElements", using="css selector", value=css)
            return elements and elements[0][ELEMENT]
        return wait_for(found, css)

    def type(self, css, text):
        self.ask("ElementSendKeys", id=self.find(css), text=text)

    def press(self, css):
        self.ask("ElementClick", id=self.find(css))

    def text(self):
        return self.ask("ExecuteScript", script="return document.body.innerText", args=[])

    def close(self):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.folder.cleanup()


@pytest.fixture
def firefox():
    browser = Firefox()
    yield browser
    browser.close()


def test_firefox_signs_in_and_sees_both_doors_through_a_self_signed_certificate(daemon, firefox):
    daemon.start()
    firefox.ask("NewSession", acceptInsecureCerts=True)
    firefox.ask("Navigate", url=f"https://127.0.0.1:{daemon.admin.port}/")
    firefox.type("#sign-in-username", "admin")
    firefox.type("#sign-in-password", initial_password(daemon))
    firefox.press("button[type=submit]")
    wait_for(lambda: "Overview" in firefox.text() and "Administration" in firefox.text(), "the overview", DEADLINE)
    firefox.ask("Navigate", url=f"https://127.0.0.1:{daemon.admin.port}/#/configuration/ssl")
    wait_for(lambda: "(admin)" in firefox.text() and "Application (clean)" in firefox.text(), "the certificates", DEADLINE)
    picture = base64.b64decode(firefox.ask("TakeScreenshot", full=False))
    assert picture.startswith(b"\x89PNG")
