"""A disposition update service as a program: an HTTPS server that behaves as a file says and writes down what reaches it.

    disposition_server.py ADDRESS PORT FOLDER

FOLDER holds chain.pem and key.pem, which each new connection reads anew, and behaviour.json, which each step reads anew:

    user, password   what Basic credentials have to be, else 401; without them any will do
    status, fields   of the answer
    delay            seconds before it
    stall            "handshake": nothing is said to whoever connects; "head": a request is read and not answered
    close            "handshake": whoever connects is left at once; "request": who asks is left without an answer
    miss_every       one of so many requests is not taken: by turns it is left without an answer and gets 503

What stalls goes on as soon as the file says something else. FOLDER/log.jsonl gets a line for each connection whose
handshake is done and for each request, before it is answered."""

import base64
import contextlib
import itertools
import json
import os
import socket
import ssl
import sys
import threading
import time
from pathlib import Path


class Service:
    def __init__(self, folder):
        self.folder = Path(folder)
        self.requests = itertools.count(1)
        self.log = os.open(self.folder / "log.jsonl", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def behaviour(self):
        return json.loads((self.folder / "behaviour.json").read_text())

    def note(self, **members):
        os.write(self.log, json.dumps({**members, "at": time.time()}).encode() + b"\n")

    def stalls(self, where):
        """Returns once it stalls there no more."""
        while self.behaviour().get("stall") == where:
            time.sleep(0.02)

    def serve(self, raw, number):
        with raw, contextlib.suppress(OSError, ValueError):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.behaviour().get("close") == "handshake":
                return
            if self.behaviour().get("stall") == "handshake":
                self.note(kind="stalled", connection=number)
                self.stalls("handshake")
            settings = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            settings.set_ciphers("DEFAULT:@SECLEVEL=0")  # whatever certificate a test has it show
            settings.load_cert_chain(self.folder / "chain.pem", self.folder / "key.pem")
            asked = []
            settings.sni_callback = lambda _socket, name, _context: asked.append(name)
            with settings.wrap_socket(raw, server_side=True) as connection:
                self.note(kind="connection", connection=number, name=asked[0] if asked else None)
                with connection.makefile("rb") as stream:
                    while self.answer(connection, stream, number):
                        pass

    def answer(self, connection, stream, number):
        line = stream.readline().decode("latin-1").split()
        if len(line) != 3:
            return False
        fields = []
        while (text := stream.readline().decode("latin-1").strip()):
            name, _, value = text.partition(":")
            fields.append((name.lower(), value.strip()))
        length = int(dict(fields).get("content-length", "0"))
        body = stream.read(length)
        if len(body) != length:
            return False
        behaviour = self.behaviour()
        every = behaviour.get("miss_every")
        turn, rest = divmod(next(self.requests), every) if every else (0, 1)
        self.note(kind="request", connection=number, missed=rest == 0, **{"from": connection.getpeername()[0]}, method=line[0], target=line[1], fields=fields, body=body.decode())
        if behaviour.get("stall") == "head":
            self.stalls("head")
            behaviour = self.behaviour()
        if rest == 0:
            behaviour = {**behaviour, **({"close": "request"} if turn % 2 else {"status": 503})}
        if behaviour.get("close") == "request":
            return False
        time.sleep(behaviour.get("delay", 0))
        status, more = behaviour.get("status", 200), behaviour.get("fields", {})
        if "user" in behaviour:
            wanted = f"{behaviour['user']}:{behaviour['password']}".encode()
            if dict(fields).get("authorization") != "Basic " + base64.b64encode(wanted).decode():
                status, more = 401, {"WWW-Authenticate": 'Basic realm="dispositions"'}
        lines = [f"HTTP/1.1 {status} Said", "Content-Length: 2", *(f"{name}: {value}" for name, value in more.items())]
        connection.sendall("\r\n".join([*lines, "", "{}"]).encode())
        return True


def main(address, port, folder):
    service = Service(folder)
    with socket.create_server((address, int(port)), backlog=128) as listener:
        print("listens", flush=True)
        number = 0
        while True:
            raw, _ = listener.accept()
            number += 1
            threading.Thread(target=service.serve, args=(raw, number), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
