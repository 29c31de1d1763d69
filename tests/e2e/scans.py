"""testssl.sh at both doors of a daemon of their own. It takes minutes, so it runs beside the other tests."""

import subprocess

from daemon import Daemon


class Scans:
    def __init__(self, authority):
        self.daemon = Daemon()
        for door in self.daemon.doors.values():
            door.place(authority.issue(door.hostname))
        self.daemon.start()
        self._running = {name: self._scan(door, authority) for name, door in self.daemon.doors.items()}

    def _scan(self, door, authority):
        return subprocess.Popen(
            ["testssl", "--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", "127.0.0.1",
             "--add-ca", authority.root_file, "--jsonfile", self.report(door.name), f"{door.hostname}:{door.port}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            cwd=self.daemon.folder)

    def report(self, name):
        return self.daemon.folder / f"testssl-{name}.json"

    def wait(self, name):
        """Until that door's scan has ended: what it said."""
        return self._running[name].communicate(timeout=900)[0]

    def close(self):
        for process in self._running.values():
            if process.poll() is None:
                process.terminate()
                process.communicate()
        self.daemon.close()
