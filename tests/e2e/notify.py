"""The service manager's side of sd_notify(3): a datagram socket that remembers what it was told."""

import socket
import threading

from patience import DEADLINE


class Notifications:
    def __init__(self, path):
        self.path = path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o666)  # a daemon under another user's id tells too
        self._changed = threading.Condition()
        self._messages = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                data = self._socket.recv(65536)
            except OSError:
                return
            message = dict(line.split("=", 1) for line in data.decode().splitlines() if "=" in line)
            if "X_CLOSE" in message:
                return
            with self._changed:
                self._messages.append(message)
                self._changed.notify_all()

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.sendto(b"X_CLOSE=1", str(self.path))
        self._socket.close()
        self.path.unlink(missing_ok=True)

    def count(self):
        """How many messages came so far: a mark for `wait` and `since`."""
        with self._changed:
            return len(self._messages)

    def since(self, mark=0):
        with self._changed:
            return list(self._messages[mark:])

    def wait(self, member, value=None, since=0, deadline=DEADLINE):
        """The first message from `since` on that holds `member` (with `value`, if given)."""
        def found():
            return next((m for m in self._messages[since:]
                         if member in m and (value is None or m[member] == value)), None)
        with self._changed:
            self._changed.wait_for(found, deadline)
            assert found(), f"no {member}={value or '...'} was told; only {self._messages[since:]}"
            return found()

    def status(self):
        """The text of the last STATUS=, or an empty one."""
        with self._changed:
            return next((m["STATUS"] for m in reversed(self._messages) if "STATUS" in m), "")

    def wait_status(self, judge, deadline=DEADLINE):
        """Waits until the last STATUS= satisfies `judge`."""
        def last():
            return next((m["STATUS"] for m in reversed(self._messages) if "STATUS" in m), "")
        with self._changed:
            self._changed.wait_for(lambda: judge(last()), deadline)
            assert judge(last()), f"STATUS= is still {last()!r}"
            return last()
