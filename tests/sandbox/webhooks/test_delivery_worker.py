"""What is due is done, however the time passes while the worker looks."""

import asyncio
from pathlib import Path

import pytest

from sandbox.box import open_box
from sandbox.core.clock import Clock
from sandbox.core.settings import Settings
from sandbox.webhooks import deliveries
from sandbox.webhooks.delivery_worker import DeliveryWorker
from tests.support.patience import PATIENCE


class Ticking(Clock):
    """A clock that moves on by a second each time it is read."""

    def exact(self) -> float:
        self.offset += 1
        return super().exact()


@pytest.mark.parametrize("seconds", [0.5, 1.5, 2.5, 3.5])
def test_a_delivery_that_falls_due_between_two_looks_is_sent(tmp_path: Path, seconds: float) -> None:
    async def attempts() -> list[object]:
        box = open_box(Settings("http://127.0.0.1", state=str(tmp_path / "state.sqlite3")))
        due = box.clock.exact() + seconds
        deliveries.insert(box, "evt_1", "we_gone", "charge.succeeded", "{}", state="pending", due=due)
        box.clock = Ticking(box.store)
        worker = DeliveryWorker(box)
        task = asyncio.create_task(worker.run())
        async with box.answered:
            await asyncio.wait_for(box.answered.wait(), PATIENCE)
        task.cancel()
        await worker.close()
        [delivery] = deliveries.all_as_json(box)
        box.store.close()
        return list(delivery["attempts"])

    assert asyncio.run(attempts()) != []
