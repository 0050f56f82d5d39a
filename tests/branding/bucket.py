"""A store that speaks as much of S3 as the shop needs, over HTTP, and remembers what it was asked."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class Bucket(ThreadingHTTPServer):
    """Objects by their keys. Requests that aren't signed with its key are refused."""

    def __init__(self, key_id: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.key_id = key_id
        self.objects: dict[str, bytes] = {}
        self.written_at = datetime.now(UTC).replace(microsecond=0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Bucket
    protocol_version = "HTTP/1.1"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._is_signed():
            self.server.objects[self._key()] = body
            self._answer(200, headers={"ETag": _tag(body)})

    def do_GET(self) -> None:
        if not self._is_signed():
            return
        query = parse_qs(urlsplit(self.path).query, keep_blank_values=True)
        if "list-type" in query or "prefix" in query:
            self._list(query.get("prefix", [""])[0], query.get("delimiter", [""])[0])
        else:
            self._send_object()

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_DELETE(self) -> None:
        if self._is_signed():
            self.server.objects.pop(self._key(), None)
            self._answer(204)

    def log_message(self, *args: object) -> None:
        pass

    def _is_signed(self) -> bool:
        signed = self.headers.get("Authorization", "")
        if signed.startswith(f"AWS4-HMAC-SHA256 Credential={self.server.key_id}/"):
            return True
        self._answer(403, b"<Error><Code>InvalidAccessKeyId</Code></Error>")
        return False

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix("/")

    def _send_object(self) -> None:
        body = self.server.objects.get(self._key())
        if body is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        part = body[int(wanted[1]) : int(wanted[2]) + 1 if wanted[2] else None] if wanted else body
        written = format_datetime(self.server.written_at, usegmt=True)
        self._answer(200, part, {"ETag": _tag(body), "Last-Modified": written})

    def _list(self, prefix: str, delimiter: str) -> None:
        bucket = self._key()
        names = [key.removeprefix(f"{bucket}/") for key in sorted(self.server.objects)]
        names = [name for name in names if name.startswith(prefix)]
        ends = {name: name.find(delimiter, len(prefix)) if delimiter else -1 for name in names}
        folders = dict.fromkeys(name[: end + 1] for name, end in ends.items() if end >= 0)
        files = [name for name, end in ends.items() if end < 0]
        at = self.server.written_at.isoformat()
        items = [
            f"<Contents><Key>{escape(it)}</Key><LastModified>{at}</LastModified></Contents>" for it in files
        ]
        items += [f"<CommonPrefixes><Prefix>{escape(it)}</Prefix></CommonPrefixes>" for it in folders]
        head = f'<ListBucketResult xmlns="{NAMESPACE}"><Name>{bucket}</Name><IsTruncated>false</IsTruncated>'
        self._answer(200, f"{head}{''.join(items)}</ListBucketResult>".encode())

    def _answer(self, status: int, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {**(headers or {}), "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _tag(body: bytes) -> str:
    return f'"{md5(body).hexdigest()}"'


@contextmanager
def running(key_id: str) -> Iterator[Bucket]:
    with Bucket(key_id) as bucket:
        thread = threading.Thread(target=bucket.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield bucket
        finally:
            bucket.shutdown()
            thread.join()
