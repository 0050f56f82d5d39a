from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.door.frames import code, video
from tests.browser.door.phone import FEED, Phone
from tests.browser.support.chromium import launch_another
from tests.browser.support.door import OpenDoors
from tests.browser.support.pages import NewCustomer
from tests.browser.support.stack import Shop
from tests.support.patience import PATIENCE

SEATS = 40


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


@pytest.fixture(scope="module")
def filmed(doors: OpenDoors) -> str:
    """The token of a guest whose code a real camera sees."""
    return next(doors.guests).token


@pytest.fixture(scope="module")
def with_camera(browser: Browser, filmed: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser with a camera, which films that code, and asks nobody whether it may."""
    path: Path = tmp_path_factory.mktemp("camera") / "code.mjpeg"
    path.write_bytes(video([code(filmed, 320)]))
    camera = "--use-fake-device-for-media-stream"
    another = launch_another(browser, camera, f"--use-file-for-fake-video-capture={path}")
    yield another
    another.close()


@pytest.fixture
def camera_page(with_camera: Browser, shop: Shop, doors: OpenDoors) -> Iterator[Page]:
    """A page of a paired phone with a real camera, which nobody has allowed yet."""
    context = with_camera.new_context(base_url=shop.site)
    context.set_default_timeout(PATIENCE * 1000)
    doors.pair(context, gate="South")
    yield context.new_page()
    context.close()
