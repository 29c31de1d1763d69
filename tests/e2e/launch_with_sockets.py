"""Starts a program with listening sockets as systemd passes them: launch_with_sockets.py NAME=FD... -- PROGRAM..."""

import os
import sys

split = sys.argv.index("--")
passed = [argument.split("=") for argument in sys.argv[1:split]]
copies = [os.dup(int(descriptor)) for _, descriptor in passed]
spare = [os.dup2(copy, 100 + n) for n, copy in enumerate(copies)]  # out of the way of the numbers they get
for number, descriptor in enumerate(spare):
    os.dup2(descriptor, 3 + number, inheritable=True)
os.closerange(3 + len(spare), 200)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(passed)),
                  LISTEN_FDNAMES=":".join(name for name, _ in passed))
os.execv(sys.argv[split + 1], sys.argv[split + 1:])
