from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.door.frames import code, video
from tests.browser.door.phone import FEED, Phone
from tests.browser.support.chromium import launch_another
from tests.browser.support.door import OpenDoors
from tests.browser.support.pages import NewCustomer
from tests.browser.support.stack import Shop
from tests.support.patience import PATIENCE

SEATS = 100


@pytest.fixture(scope="package")
def doors(shop: Shop) -> OpenDoors:
    """An event whose doors are open; each test takes its guests from ``doors.guests``."""
    return OpenDoors(shop, SEATS)


@pytest.fixture
def phone(doors: OpenDoors, new_customer: NewCustomer) -> Phone:
    """A paired phone whose camera sees what the test holds up."""
    page = new_customer()
    page.add_init_script(FEED)
    doors.pair(page.context, gate="North")
    return Phone(page)


@pytest.fixture
def phone_with(
    browser: Browser, shop: Shop, doors: OpenDoors, tmp_path: Path
) -> Iterator[Callable[..., Phone]]:
    """Return a function for a paired phone with a real camera, which films the code of a token."""
    started = []

    def phone_with(token: str, *, allowed: bool) -> Phone:
        film = tmp_path / "code.mjpeg"
        film.write_bytes(video([code(token, 320)]))
        asked = "--use-fake-ui-for-media-stream" + ("" if allowed else "=deny")
        camera = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-video-capture={film}"]
        started.append(another := launch_another(browser, asked, *camera))
        context = another.new_context(base_url=shop.site)
        context.set_default_timeout(PATIENCE * 1000)
        doors.pair(context, gate="South")
        return Phone(context.new_page())

    yield phone_with
    for another in started:
        another.close()
