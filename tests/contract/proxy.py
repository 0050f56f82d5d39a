"""A proxy before the sandbox that changes one thing in its replies, to see whether that is noticed."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

OWN = {"connection", "content-encoding", "content-length", "date", "server", "transfer-encoding"}


@dataclass
class Reply:
    """A reply on its way, which a change may alter."""

    path: str
    status: int
    headers: dict[str, str]
    body: Any
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def objects(self) -> list[dict[str, Any]]:
        """All objects in the body, the outermost first."""
        return list(objects_in(self.body))


def objects_in(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in objects_in(item))]
    return [found for item in value for found in objects_in(item)] if isinstance(value, list) else []


Change = Callable[[Reply], None]


class Proxy:
    """Passes everything on to ``url``, and every JSON reply through ``change``."""

    def __init__(self, url: str) -> None:
        self.change: Change = lambda reply: None
        self.upstream = httpx.Client(base_url=url, timeout=30, trust_env=False)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
        self.upstream.close()

    def passed_on(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Reply:
        got = self.upstream.request(method, path, headers=headers, content=body)
        kept = {name: value for name, value in got.headers.items() if name.lower() not in OWN}
        reply = Reply(path, got.status_code, kept, got.json())
        self.change(reply)
        return reply

    def handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                given = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                reply = proxy.passed_on(self.command, self.path, given, body)
                text = json.dumps(reply.body).encode()
                self.send_response_only(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_DELETE = answer  # noqa: N815

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
