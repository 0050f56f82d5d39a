"""What starts the door's page without a network."""

import json

from django.test import Client


def test_the_worker_is_asked_for_each_time_and_has_the_door_alone(client: Client) -> None:
    answer = client.get("/door/worker.js")

    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "Service-Worker-Allowed" not in answer.headers  # Its scope is the folder that it is in.


def test_the_worker_knows_what_pages_load_later(client: Client) -> None:
    first, script = client.get("/door/worker.js").content.decode().split("\n", 1)
    parts = json.loads(first.removeprefix("const PARTS = "))

    assert script.startswith("/*")
    for name in ("/door/decoder.js", "zxing_reader.", "/noble-ed25519/index.", "/js/door/session."):
        assert [part for part in parts if name in part], name
    assert {part: client.get(part).status_code for part in parts} == dict.fromkeys(parts, 200)
