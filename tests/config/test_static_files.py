import gzip
import re
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template
from django.templatetags.static import static
from django.test import Client
from django.test.utils import override_settings

from config.assets import AssetLibrary
from config.templatetags.assets import module
from tests.support.paths import ROOT
from tests.support.shop import Purchase

NAMED = r"/static/css/site\.[0-9a-f]{12}\.css"


def test_a_page_asks_for_one_style_sheet_by_a_name_that_is_its_contents_alone(
    db: None, client: Client
) -> None:
    sheets = re.findall(r'<link rel="stylesheet" href="([^"]+)"', client.get("/").content.decode())

    assert [bool(re.fullmatch(NAMED, sheet)) for sheet in sheets] == [True]
    assert client.get(sheets[0]).headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_the_style_sheet_has_its_components_in_it() -> None:
    sheet = Client().get(static("css/site.css")).content.decode()

    assert "@import" not in sheet
    assert "--brand: #f6b91c" in sheet
    assert re.search(r"@media print \{\s*:root", sheet)


def test_no_component_is_forgotten() -> None:
    folder = ROOT / "static" / "css"
    listed = re.findall(r'@import "([^"]+)"', (folder / "site.css").read_text())
    # The door's page shares some of the components, and has its own.
    of_the_door = re.findall(r'@import "(door/[^"]+)"', (folder / "door.css").read_text())
    sheets = ["counter.css", "door.css", "site.css", "staff.css", "staff_house.css", "styleguide.css"]

    assert sorted([*listed, *of_the_door, *sheets]) == sorted(
        str(file.relative_to(folder)) for file in folder.rglob("*.css")
    )


def test_colours_for_the_dark_are_in_one_place() -> None:
    sheets = (ROOT / "static" / "css").rglob("*.css")
    asking = [sheet.name for sheet in sheets if "prefers-color-scheme" in sheet.read_text()]

    assert sorted(asking) == ["door.css", "site.css", "staff_house.css"]  # which import it


@pytest.mark.parametrize("tag", ["static", "module"])
def test_templates_name_only_files_that_exist(tag: str) -> None:
    templates = [file.read_text() for file in (ROOT / "templates").rglob("*.html")]
    names = {name for text in templates for name in re.findall(rf"{{% {tag} ['\"]([^'\"]+)['\"]", text)}

    assert [name for name in names if finders.find(name) is None] == []
    assert names


def test_a_module_finds_what_it_imports_under_names_that_are_kept() -> None:
    script = Client().get(static("js/payment/status.js")).content.decode()

    assert f'from "{static("js/shared/waiting.js")}"' in script


def own_modules() -> list[str]:
    return [str(file.relative_to(ROOT / "static")) for file in (ROOT / "static" / "js").rglob("*.js")]


def test_modules_import_only_files_that_exist() -> None:
    library = AssetLibrary()
    imported = {(name, it) for name in own_modules() for it in getattr(library.get(name), "imports", ())}

    assert [names for names in imported if finders.find(names[1]) is None] == []
    assert ("js/payment/status.js", "js/shared/waiting.js") in imported


def test_comments_are_not_sent_except_those_of_others() -> None:
    sent = [Client().get(static(name)).content.decode() for name in own_modules()]

    assert len(sent) > 20
    assert [
        line for script in sent for line in script.splitlines() if re.match(r"\s*(//|/\*|\*)", line)
    ] == []
    assert b"jQuery" in Client().get(static("admin/js/vendor/jquery/jquery.js")).content[:100]


def test_a_style_sheet_has_neither_comments_nor_indents() -> None:
    sheet = Client().get(static("css/site.css")).content.decode()

    assert "/*" not in sheet
    assert [line for line in sheet.splitlines() if line != line.lstrip() or not line] == []


def test_a_page_fetches_a_module_and_what_it_imports_at_once() -> None:
    html = module("js/payment/status.js")

    assert f'<link rel="modulepreload" href="{static("js/shared/waiting.js")}">' in html
    assert html.endswith(f'<script type="module" src="{static("js/payment/status.js")}"></script>')


@pytest.mark.parametrize(
    ("accepted", "encoding", "unpack"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("br;q=0, gzip;q=0.5", "gzip", gzip.decompress),
        ("deflate", None, bytes),
        ("", None, bytes),
    ],
)
def test_a_file_comes_in_the_smallest_form_that_the_browser_takes(
    accepted: str, encoding: str | None, unpack: Any
) -> None:
    client = Client(headers={"Accept-Encoding": accepted})
    response = client.get(static("css/site.css"))

    assert response.headers.get("Content-Encoding") == encoding
    assert unpack(response.content) == Client().get(static("css/site.css")).content
    assert response.headers["Vary"] == "Accept-Encoding"
    assert response.headers["Content-Type"] == "text/css; charset=utf-8"


def test_a_file_under_its_plain_name_is_checked_each_time() -> None:
    response = Client().get("/static/css/base/tokens.css")
    again = Client(headers={"If-None-Match": response.headers["ETag"]}).get("/static/css/base/tokens.css")

    assert response.headers["Cache-Control"] == "public, no-cache"
    assert (again.status_code, again.content) == (304, b"")


def test_an_address_of_other_content_gets_what_there_is_and_is_not_kept() -> None:
    response = Client().get("/static/css/base/tokens.0123456789ab.css")

    assert (response.status_code, response.headers["Cache-Control"]) == (200, "public, no-cache")
    assert response.content == Client().get("/static/css/base/tokens.css").content


@pytest.mark.parametrize(
    "path",
    [
        "css/none.css",
        "css",
        "",
        "../manage.py",
        "css/../css/base/tokens.css",
        "css/base/tokens.css%00",
        "%2e%2e/.env",
    ],
)
def test_nothing_but_static_files_is_served(db: None, path: str) -> None:
    assert Client().get(f"/static/{path}").status_code == 404


def test_a_static_file_is_only_read() -> None:
    assert Client().post("/static/css/base/tokens.css").status_code == 405
    assert Client().head("/static/css/base/tokens.css").content == b""


def test_what_a_developer_writes_is_seen_at_once(tmp_path: Path) -> None:
    file = tmp_path / "x.css"
    with override_settings(DEBUG=True, STATICFILES_DIRS=[tmp_path]):
        finders.get_finder.cache_clear()  # type: ignore[attr-defined]
        file.write_text("a {}")
        first = Template("{% load static %}{% static 'x.css' %}").render(Context())
        file.write_text("b {}")
        second = Template("{% load static %}{% static 'x.css' %}").render(Context())
        seen = Client().get(second).content
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]

    assert (first == second, seen) == (False, b"b {}")


@pytest.mark.parametrize(
    "files", [{"a.js": 'import "./b.js"', "b.js": 'import "./a.js"'}, {"a.css": '@import "no.css";'}]
)
def test_files_that_cannot_be_put_together_say_which(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    library = AssetLibrary()
    library.files = {name: tmp_path / name for name in files}

    with pytest.raises(ImproperlyConfigured, match=r"imports"):
        library.get(next(iter(files)))


def test_pages_are_compressed_and_pictures_are_left_alone(db: None) -> None:
    client = Client(headers={"Accept-Encoding": "gzip"})
    page, icon = client.get("/"), client.get("/nowhere.png")

    assert page.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(page.content).startswith(b"<!doctype html>")
    assert "Accept-Encoding" in page.headers["Vary"]
    assert icon.status_code == 404
    assert settings.STATIC_URL == "/static/"


def test_a_compressed_answer_is_known_again_by_its_tag(purchase: Purchase) -> None:
    client = Client(headers={"Accept-Encoding": "gzip"})
    address = f"/api/payment-status?session_id={purchase.session_id}"
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})

    assert (first.headers["Content-Encoding"], first.headers["ETag"][:3]) == ("gzip", 'W/"')
    assert (again.status_code, again.content) == (304, b"")


def test_a_page_is_packed_by_brotli_to_a_length_that_says_nothing(db: None) -> None:
    client = Client(headers={"Accept-Encoding": "gzip, deflate, br"})
    pages = [client.get("/account/login/") for _ in range(8)]

    assert {page.headers["Content-Encoding"] for page in pages} == {"br"}
    assert all(brotli.decompress(page.content).startswith(b"<!doctype html>") for page in pages)
    assert len({len(page.content) for page in pages}) > 1


def test_web_assembly_is_compressed_and_has_its_type(client: Client) -> None:
    url = static("vendor/zxing-wasm/reader/zxing_reader.wasm")

    response = client.get(url, headers={"Accept-Encoding": "gzip, br"})

    assert response.headers["Content-Type"] == "application/wasm"
    assert response.headers["Content-Encoding"] == "br"
    assert len(response.content) < 370_000
