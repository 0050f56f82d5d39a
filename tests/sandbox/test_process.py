"""The process: its start, its end and its state file."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.sandbox.support.process import KEY, ROOT, Receiver, Sandbox, order
from tests.support.patience import PATIENCE, wait_for


def test_it_says_where_it_listens(sandbox: Sandbox) -> None:
    assert sandbox.first_line == f"Sandbox: {sandbox.url} (no real money moves)\n"
    assert sandbox.url.startswith("http://127.0.0.1:")


def test_a_taken_port_is_told_in_words(sandbox: Sandbox, tmp_path: Path) -> None:
    port = sandbox.url.rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", port, "--state", str(tmp_path / "s")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert second.stderr == (
        f"Port {port} is taken: another process listens on 127.0.0.1:{port}. Choose another with --port.\n"
    )


def test_a_webhook_needs_a_secret(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", "--state", str(tmp_path / "s"), "--webhook", "http://a.b"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "--webhook and --secret belong together.\n")


def test_it_ends_quickly_even_while_somebody_waits(start: Callable[..., Sandbox]) -> None:
    sandbox = start()
    sandbox.control("faults", match="GET /v1/charges", do="timeout_before", seconds=2 * PATIENCE)
    ends: list[Exception] = []

    def wait() -> None:
        try:
            sandbox.stripe.charges.list()
        except stripe.APIConnectionError as error:
            ends.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    wait_for(lambda: sandbox.show("faults") == {"faults": []}, "the fault has struck")
    sandbox.stop()
    waiting.join(PATIENCE)
    assert len(ends) == 1


def test_it_remembers_everything_over_a_restart(start: Callable[..., Sandbox]) -> None:
    before = start()
    session = before.open_session()
    params: Any = order()
    made = before.stripe.checkout.sessions.create(params, {"idempotency_key": "k1"})
    before.pay(session.id)
    before.advance(100)
    events = before.events()
    before.kill()

    after = start()
    assert after.events() == events
    assert after.session(session.id).payment_status == "paid"
    assert after.stripe.checkout.sessions.create(params, {"idempotency_key": "k1"}).id == made.id
    assert after.show("clock")["offset"] == pytest.approx(100, abs=1)


def test_timers_fire_after_a_restart(start: Callable[..., Sandbox]) -> None:
    before = start("--debit-delay", "1")
    debit = before.open_session()
    waiting = before.open_session()
    before.pay(debit.id, method="sepa_debit")
    before.kill()
    time.sleep(1)

    after = start()
    wait_for(lambda: after.session(debit.id).payment_status == "paid", "the debit is paid")
    after.advance(25 * 3600)
    assert after.session(waiting.id).status == "expired"


def test_retries_go_on_after_a_restart(start: Callable[..., Sandbox], receiver: Receiver) -> None:
    receiver.answers = lambda _: 500
    options = ("--webhook", receiver.url, "--secret", "whsec_a", "--retries", "fast")
    before = start(*options)
    before.stripe.checkout.sessions.expire(before.open_session().id)
    before.deliveries()
    before.kill()
    assert len(receiver.received) == 1

    receiver.answers = lambda _: 200
    after = start(*options)
    after.advance(1)
    [delivery] = after.deliveries()
    assert [attempt["status"] for attempt in delivery["attempts"]] == [500, 200]
    assert receiver.received[0].body == receiver.received[1].body
    assert len(after.stripe.webhook_endpoints.list().data) == 1


def test_the_endpoint_of_the_command_line_follows_it(
    start: Callable[..., Sandbox], receiver: Receiver
) -> None:
    before = start("--webhook", "http://127.0.0.1:9/old", "--secret", "whsec_a")
    [old] = before.stripe.webhook_endpoints.list().data
    before.stop()

    after = start("--webhook", receiver.url, "--secret", "whsec_b")
    [new] = after.stripe.webhook_endpoints.list().data
    assert (new.id, new.url, new.enabled_events) == (old.id, receiver.url, ["*"])
    after.control("reset")
    assert [endpoint.url for endpoint in after.stripe.webhook_endpoints.list().data] == [receiver.url]


def test_faults_and_switches_survive_a_restart(start: Callable[..., Sandbox]) -> None:
    before = start()
    before.control("faults", match="GET /v1/charges", do="429", times=None)
    before.control("webhooks", drop=3)
    before.kill()

    after = start()
    assert after.api("GET", "/v1/charges").status_code == 429
    assert after.show("webhooks")["drop"]["times"] == 3
    after.http.delete("/_sandbox/faults")


def test_it_knows_nothing_of_the_project_or_the_stripe_package() -> None:
    code = "import sandbox.__main__, sys; print([n for n in sys.modules if n in ('stripe', 'django')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    sources = [path.read_text() for path in (ROOT / "sandbox").rglob("*.py")]
    assert not [
        line
        for source in sources
        for line in source.splitlines()
        if line.startswith(("import ", "from ")) and line.split()[1].split(".")[0] in OURS
    ]


OURS = {"bookings", "payments", "config", "waiting", "stripe", "django", "tests"}


def test_the_key_of_the_command_line_is_the_only_one(sandbox: Sandbox) -> None:
    answers = [
        sandbox.http.get("/v1/charges", headers={"Authorization": f"Bearer {key}"}).status_code
        for key in (KEY, "sk_test_other")
    ]
    assert answers == [200, 401]
