"""Stopping a web process while customers wait."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from subprocess import Popen

import httpx
import pytest

from config.dev.process_group import answers, web
from tests.browser.support.pages import Pair
from tests.browser.support.stack import Shop
from tests.support.patience import PATIENCE, wait_for
from tests.support.ports import free_port

WAIT = 30  # s that the server may hold a request


@pytest.fixture
def second_web(shop: Shop) -> Iterator[tuple[str, Popen[bytes]]]:
    """Another web process of the shop: where it is, and the process."""
    port = free_port()
    process = shop.processes.start("second web", *web(port))
    shop.processes.wait_until(lambda: answers(port), seconds=PATIENCE)
    yield f"http://127.0.0.1:{port}", process
    shop.processes.stop("second web")


def test_a_web_process_told_to_stop_answers_who_waits_at_once_and_ends(
    shop: Shop, second_web: tuple[str, Popen[bytes]], seats: Pair
) -> None:
    site, process = second_web
    url = site + shop.open_checkout(*seats)["status_url"]
    headers = {"If-None-Match": httpx.get(url).headers["ETag"], "Prefer": f"wait={WAIT}"}
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(httpx.get, url, headers=headers, timeout=WAIT)
        wait_for(lambda: "\nadmit_held_requests 1.0\n" in httpx.get(f"{site}/metrics").text, "one is held")
        process.terminate()
        process.wait(timeout=WAIT / 2)
        assert answer.result().status_code == 304
