"""The mails that the shop has written into a folder."""

import os
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.sandbox.support.pages import words_of
from tests.sandbox.support.process import Sandbox

LINE = b"-" * 79 + b"\n"
PNG = b"\x89PNG\r\n\x1a\nsquares"


def mail(subject: str = "Your tickets: Zoë’s night", **more: str) -> EmailMessage:
    made = EmailMessage()
    headers = {"To": "ada@example.com", "From": '"The House" <tickets@example.com>', **more}
    for name, value in {"Subject": subject, "Date": "Tue, 01 Dec 2026 12:00:00 -0000", **headers}.items():
        made[name] = value
    made.set_content("Hello Ada,\nhere are <2> tickets.")
    return made


def full_mail() -> EmailMessage:
    made = mail()
    made.add_alternative(
        '<html><head><title>x</title></head><body><img src="cid:one@shop"></body></html>', "html"
    )
    html = made.get_body(("html",))
    assert html is not None
    html.add_related(PNG, "image", "png", cid="<one@shop>")
    made.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="tickets\u2013ada.pdf")
    return made


def keep(folder: Path, name: str, *contents: bytes, at: int = 1_000) -> None:
    """Write mails as Django's file backend does, in the second ``at``."""
    file = folder / name
    file.write_bytes(b"".join(content + b"\n" + LINE for content in contents))
    os.utime(file, (at, at))


@pytest.fixture
def mails(tmp_path: Path) -> Path:
    folder = tmp_path / "mails"
    folder.mkdir()
    return folder


@pytest.fixture
def box(start: Callable[..., Sandbox], mails: Path) -> Sandbox:
    return start("--mails", str(mails))


def test_mails_are_listed_newest_first_with_what_a_file_holds(box: Sandbox, mails: Path) -> None:
    assert "hasn’t sent any mail yet" in box.http.get("/mails/").text
    keep(mails, "1.log", mail("First").as_bytes(), mail("Second").as_bytes(), at=1_000)
    keep(mails, "2.log", mail("Third <b>", To="bob@example.com").as_bytes(), at=2_000)
    html = box.http.get("/mails/").text

    places = [html.index(words) for words in ("Third &lt;b&gt;", "Second", "First")]
    assert places == sorted(places)
    assert 'href="/mails/1.log/1/"' in html
    assert "bob@example.com" in html


def test_a_mail_has_its_plain_part_its_html_and_its_attachments(box: Sandbox, mails: Path) -> None:
    keep(mails, "1.log", full_mail().as_bytes())
    page = box.http.get("/mails/1.log/0/")
    html = box.http.get("/mails/1.log/0/html")
    pdf = box.http.get("/mails/1.log/0/attachments/0")

    for words in (
        "Your tickets: Zoë’s night",
        "ada@example.com",
        "tickets–ada.pdf",
        "here are &lt;2&gt; tickets.",
    ):
        assert words in words_of(page.text)
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.text
    assert 'src="data:image/png;base64,iVBOR' in html.text
    assert pdf.content == b"%PDF-1.7"
    assert pdf.headers["Content-Disposition"] == "attachment; filename*=UTF-8''tickets%E2%80%93ada.pdf"


def test_a_mails_html_runs_no_script_and_asks_nobody_else(box: Sandbox, mails: Path) -> None:
    made = mail()
    made.add_alternative('<script>alert(1)</script><img src="http://elsewhere.test/x.png">', "html")
    keep(mails, "1.log", made.as_bytes())
    rules = box.http.get("/mails/1.log/0/html").headers["Content-Security-Policy"].split("; ")

    assert {"default-src 'none'", "img-src data:", "form-action 'none'"} < set(rules)
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in rules


def test_an_attachments_name_is_only_a_name(box: Sandbox, mails: Path) -> None:
    made = mail()
    made.add_attachment(b"<script>", maintype="text", subtype="html", filename="../../a\\b.html")
    keep(mails, "1.log", made.as_bytes())
    answer = box.http.get("/mails/1.log/0/attachments/0")

    assert answer.headers["Content-Disposition"] == "attachment; filename*=UTF-8''_.._a_b.html"
    assert answer.headers["Content-Type"] == "application/octet-stream"


def test_a_line_of_dashes_in_a_mail_ends_no_mail(box: Sandbox, mails: Path) -> None:
    made = mail("Dashes")
    made.set_content("Above\n" + "-" * 79 + "\nBelow", cte="7bit")
    keep(mails, "1.log", made.as_bytes(), mail("Next").as_bytes())

    assert "Below" in box.http.get("/mails/1.log/0/").text
    assert "Next" in box.http.get("/mails/1.log/1/").text


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "broken.log is empty."), (b"\x00\xff\xfe nothing", "broken.log isn’t a mail.")],
)
def test_a_broken_file_gets_a_sentence(box: Sandbox, mails: Path, content: bytes, sentence: str) -> None:
    (mails / "broken.log").write_bytes(content)
    keep(mails, "good.log", mail("Good").as_bytes())
    listed = words_of(box.http.get("/mails/").text)
    answer = box.http.get("/mails/broken.log/0/")

    assert sentence in listed
    assert "Good" in listed
    assert answer.status_code == 404
    assert "There is no mail here" in answer.text


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (b"Subject: =?banana?q?x?=\nFrom: a@b\nDate: yesterday", b"Hi"),
        (b"From: a@b\nContent-Type: text/plain; charset=banana", b"\xff"),
        (b"From: a@b\nContent-Type: multipart/mixed; boundary=x", b"--x\nContent-Type: text/html\n\n<b>cut"),
        (b"From: a@b\nContent-Transfer-Encoding: base64", b"!!!"),
        (b"To: \xff\xfe", b"Hi"),
    ],
)
def test_an_odd_mail_is_shown_as_far_as_it_goes(
    box: Sandbox, mails: Path, header: bytes, body: bytes
) -> None:
    keep(mails, "odd.log", header + b"\n\n" + body)

    assert box.http.get("/mails/").status_code == 200
    assert box.http.get("/mails/odd.log/0/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "..%2Fsecret.log/0/",
        "%2Fetc%2Fpasswd/0/",
        "link.log/0/",
        "1.log/9/",
        "1.log/0/html",
        "1.log/0/attachments/7",
    ],
)
def test_nothing_else_is_shown(box: Sandbox, mails: Path, path: str) -> None:
    keep(mails.parent, "secret.log", mail("Secret").as_bytes())
    keep(mails, "1.log", mail().as_bytes())
    (mails / "link.log").symlink_to(mails.parent / "secret.log")
    answer = box.http.get(f"/mails/{path}")

    assert answer.status_code == 404
    assert "Secret" not in answer.text + box.http.get("/mails/").text


def test_without_a_folder_the_page_says_how_to_give_one(sandbox: Sandbox, box: Sandbox, mails: Path) -> None:
    assert "--mails FOLDER" in sandbox.http.get("/mails/").text
    assert sandbox.http.get("/mails/1.log/0/").status_code == 404
    mails.rmdir()
    assert "can’t be read" in box.http.get("/mails/").text
