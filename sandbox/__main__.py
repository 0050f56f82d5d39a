"""``python -m sandbox --port 8001 --state PATH``: run the stand-in for Stripe."""

import argparse
import contextlib
import errno
import logging
import socket
import sys
from types import FrameType

import uvicorn

from sandbox.api.connections import AbortableProtocol
from sandbox.app import build
from sandbox.box import RunningBox, open_box
from sandbox.core.settings import RETRIES, Link, Settings

HOST = "127.0.0.1"
IDLE_SECONDS = 75  # before an idle connection is closed
CLOSING_SECONDS = 1  # that open requests get to finish


class Server(uvicorn.Server):
    """uvicorn that prints its address once it listens, and ends all waits when it is told to stop."""

    def __init__(self, config: uvicorn.Config, box: RunningBox) -> None:
        super().__init__(config)
        self.box = box

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(f"Sandbox: {self.box.settings.base_url} (no real money moves)\n")
        sys.stdout.flush()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self.box.closing.set()
        super().handle_exit(sig, frame)


def main() -> None:
    options = parser().parse_args()
    listening = listen(options.port)
    port = listening.getsockname()[1]
    box = open_box(settings_of(options, options.public_url or f"http://{HOST}:{port}"))
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    config = uvicorn.Config(
        build(box),
        http=AbortableProtocol,
        ws="none",
        log_level="warning",
        access_log=False,
        date_header=False,  # The API sends the sandbox's own time.
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=CLOSING_SECONDS,
    )
    with contextlib.suppress(KeyboardInterrupt):
        Server(config, box).run(sockets=[listening])


def listen(port: int) -> socket.socket:
    """Return a socket on ``port``; exit with a message if the port is taken."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
        listening.listen(1024)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise SystemExit(
            f"Port {port} is taken: another process listens on {HOST}:{port}. Choose another with --port."
        ) from None
    return listening


def settings_of(options: argparse.Namespace, base_url: str) -> Settings:
    secrets = tuple(secret for secret in (options.secret or "").split(",") if secret)
    if bool(options.webhook) != bool(secrets):
        raise SystemExit("--webhook and --secret belong together.")
    return Settings(
        base_url=base_url,
        state=options.state,
        key=options.key or None,
        webhook=options.webhook,
        secrets=secrets,
        retries=options.retries,
        redirect=options.redirect,
        rate_limit=options.rate_limit,
        debit_delay=options.debit_delay,
        refund_delay=options.refund_delay,
        dispute_delay=options.dispute_delay,
        gate_seconds=options.gate_seconds,
        merchant=options.merchant,
        mails=options.mails,
        links=tuple(Link(*link) for link in options.link),
    )


def parser() -> argparse.ArgumentParser:
    usual = Settings(base_url="", state="")
    made = argparse.ArgumentParser(prog="python -m sandbox", description="A stand-in for Stripe.")
    made.add_argument("--port", type=int, default=8001, help="0 lets the system choose")
    made.add_argument("--state", required=True, metavar="PATH", help="the SQLite file that keeps everything")
    made.add_argument("--key", help="the only API key to accept; otherwise any sk_test_… is")
    made.add_argument("--webhook", metavar="URL", help="deliver every event there")
    made.add_argument("--secret", metavar="WHSEC[,WHSEC]", help="sign deliveries with these")
    made.add_argument("--retries", choices=sorted(RETRIES), default=usual.retries)
    made.add_argument(
        "--redirect",
        choices=["gate", "listen"],
        default=usual.redirect,
        help="gate: hold the browser until the webhook is answered",
    )
    made.add_argument("--gate-seconds", type=float, default=usual.gate_seconds, help="the longest wait")
    made.add_argument(
        "--rate-limit",
        type=int,
        default=usual.rate_limit,
        metavar="N",
        help="requests per second; 0: no limit",
    )
    for name in ("debit", "refund", "dispute"):
        usual_delay = getattr(usual, f"{name}_delay")
        made.add_argument(f"--{name}-delay", type=float, default=usual_delay, metavar="SECONDS")
    made.add_argument("--merchant", default=usual.merchant, help="the name on the hosted page")
    made.add_argument("--mails", metavar="FOLDER", help="show the mails that the shop writes there")
    made.add_argument(
        "--link",
        action="append",
        default=[],
        nargs=3,
        metavar=("NAME", "URL", "NOTE"),
        help="lead there from the front page",
    )
    made.add_argument("--public-url", metavar="URL", help="where browsers reach this process")
    return made


if __name__ == "__main__":
    main()
