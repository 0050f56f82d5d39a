import json

import pytest
import yaml
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from config.rest import schema_view


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that are written, from now on."""
    written = []

    class Counting(SchemaGenerator):
        def get_schema(self, *args: object, **options: object) -> object:
            written.append("one")
            return super().get_schema(*args, **options)

    monkeypatch.setattr(schema_view, "SchemaGenerator", Counting)
    schema_view._write.cache_clear()
    return written


def test_the_document_is_written_once_for_each_language(client: Client, db: None, written: list[str]) -> None:
    def ask(query: str = "", **headers: str) -> bytes:
        answer = client.get(f"/api/schema{query}", headers={"Accept": "application/json", **headers})
        assert answer.status_code == 200
        return answer.content

    english = ask()
    assert {ask(f"?version={n}&lang=de&format=json") for n in range(3)} == {english}
    german = {ask(accept_language=wish) for wish in ("de", "de-AT", "de;q=0.9, xx", "de-DE-1996")}

    assert len(german) == 1
    assert german != {english}
    assert len(written) == 2


def test_it_is_yaml_or_json(client: Client, db: None) -> None:
    as_yaml = client.get("/api/schema")
    as_json = client.get("/api/schema", headers={"Accept": "application/json"})

    assert yaml.safe_load(as_yaml.content) == json.loads(as_json.content)
    assert (as_yaml.headers["Content-Type"], as_json.headers["Content-Type"]) == (
        "application/vnd.oai.openapi",
        "application/json",
    )
