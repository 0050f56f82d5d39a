"""Stopping a web process while customers wait."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from subprocess import Popen

import httpx
import pytest

from config.processes import answers, web
from tests.browser.pages import Pair
from tests.browser.stack import Shop
from tests.ports import free_port


@pytest.fixture
def second_web(shop: Shop) -> Iterator[tuple[str, Popen[bytes]]]:
    """Another web process of the shop: where it is, and the process."""
    port = free_port()
    process = shop.processes.start("second web", *web(port))
    shop.processes.wait_until(lambda: answers(port), seconds=20)
    yield f"http://127.0.0.1:{port}", process
    shop.processes.stop("second web")


def test_a_web_process_told_to_stop_answers_who_waits_at_once_and_ends(
    shop: Shop, second_web: tuple[str, Popen[bytes]], seats: Pair
) -> None:
    site, process = second_web
    url = site + shop.open_checkout(*seats)["status_url"]
    headers = {"If-None-Match": httpx.get(url).headers["ETag"], "Prefer": "wait=25"}
    with ThreadPoolExecutor() as pool:
        answer = pool.submit(httpx.get, url, headers=headers, timeout=30)
        wait_until_held(site)
        told_at = time.monotonic()
        process.terminate()
        assert answer.result().status_code == 304
        assert time.monotonic() - told_at < 2
    process.wait(timeout=5)


def wait_until_held(site: str) -> None:
    deadline = time.monotonic() + 10
    while "\nadmit_held_requests 1.0\n" not in httpx.get(f"{site}/metrics").text:
        assert time.monotonic() < deadline
        time.sleep(0.02)
