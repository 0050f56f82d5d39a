from collections.abc import Iterator

import pytest

from config.dev.process_group import Processes, answers, web
from tests.support.patience import PATIENCE
from tests.support.ports import free_port


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a web process with the tests' secrets."""
    port = free_port()
    env = {"DJANGO_SETTINGS_MODULE": "config.settings"}
    with Processes(env, logs=tmp_path_factory.mktemp("doctor")) as processes:
        processes.start("web", *web(port))
        processes.wait_until(lambda: answers(port), seconds=PATIENCE)
        yield f"http://127.0.0.1:{port}"
