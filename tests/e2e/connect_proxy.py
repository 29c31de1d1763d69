"""An HTTP proxy that knows CONNECT alone, as a program: connect_proxy.py ADDRESS PORT FOLDER

FOLDER/answer holds the status line that it refuses by, or nothing: then it connects. FOLDER/log gets a line for each
request: its first line, and those of its header."""

import socket
import sys
import threading
from pathlib import Path


def pump(source, sink):
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def serve(client, folder):
    with client:
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return
            head += piece
        with open(folder / "log", "ab") as log:
            log.write(head.replace(b"\r\n", b"|") + b"\n")
        answer = (folder / "answer").read_text()
        if answer:
            client.sendall(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
            return
        host, _, port = head.split(b" ")[1].decode().rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port))) as server:
            client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            back = threading.Thread(target=pump, args=(server, client), daemon=True)
            back.start()
            pump(client, server)
            back.join()


def main(address, port, folder):
    with socket.create_server((address, int(port))) as listener:
        print("listens", flush=True)
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0], Path(folder)), daemon=True).start()


if __name__ == "__main__":
    main(*sys.argv[1:])
