"""A way to a server that can be closed: requests are let through once it is open."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import urlsplit


class Gate(ThreadingTCPServer):
    """Passes connections on to the server at ``url``, but reads nothing from them while it is closed."""

    daemon_threads = True
    request_queue_size = 200

    def __init__(self, url: str) -> None:
        super().__init__(("127.0.0.1", 0), Passage)
        address = urlsplit(url)
        self.behind = (address.hostname, address.port)
        self.is_open = threading.Event()
        self.is_open.set()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Passage(BaseRequestHandler):
    """One connection."""

    server: Gate
    request: socket.socket

    def handle(self) -> None:
        with socket.create_connection(self.server.behind) as behind:
            threading.Thread(target=_pass, args=(behind, self.request, None), daemon=True).start()
            _pass(self.request, behind, self.server.is_open)


def _pass(source: socket.socket, target: socket.socket, gate: threading.Event | None) -> None:
    try:
        while data := source.recv(65_536):
            if gate:
                gate.wait()
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:  # One of them has gone.
        return


@contextmanager
def gated(url: str) -> Iterator[Gate]:
    """Run a gate to the server at ``url``; it is open."""
    with Gate(url) as gate:
        threading.Thread(target=gate.serve_forever, args=(0.05,), daemon=True).start()
        yield gate
        gate.is_open.set()
        gate.shutdown()
