"""The pages that the law asks for: versions that stay, in each language, published by staff."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from legal.models import House, Kind, LegalText, publish
from tests.legal.house import make_house, publish_terms
from tests.support.staff import somebody_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", Kind.values)
def test_every_page_links_the_texts_which_say_if_they_are_missing(client: Client, kind: str) -> None:
    assert f'href="/{kind}/"' in client.get("/").content.decode()

    page = client.get(f"/{kind}/")

    assert page.status_code == 200
    assert "hasn’t published this yet" in page.content.decode()
    assert client.get(f"/{kind}/1/").status_code == 404


def test_a_new_version_is_shown_and_the_earlier_one_stays(client: Client) -> None:
    publish_terms("First")
    publish_terms("Second")

    now, first = client.get("/terms/").content.decode(), client.get("/terms/1/").content.decode()

    assert "<p>Second</p>" in now
    assert "noindex" not in now
    assert "<p>First</p>" in first
    assert "This is an earlier version." in first
    assert "noindex" in first


def test_a_text_is_shown_in_the_readers_language_else_in_the_shops() -> None:
    publish_terms()
    publish(Kind.PRIVACY, {"en-gb": "We keep little.", "de": " "})
    german = Client(headers={"Accept-Language": "de"})

    assert "Ohne Karte kein Platz." in german.get("/terms/").content.decode()
    page = german.get("/privacy/").content.decode()
    assert '<div class="prose" lang="en-gb"><p>We keep little.</p></div>' in page


def test_the_imprint_says_who_sells(client: Client) -> None:
    make_house()

    page = client.get("/imprint/").content.decode()

    assert "The Little Theatre gGmbH" in page
    assert "12/345/67890" in page


def test_a_published_version_never_changes() -> None:
    text = publish_terms()

    with pytest.raises(IntegrityError), transaction.atomic():
        LegalText.objects.filter(pk=text.pk).update(texts={"en-gb": "Other"})
    with pytest.raises(IntegrityError), transaction.atomic():
        text.delete()


def typed(kind: str, english: str, german: str = "") -> dict[str, Any]:
    return {"kind": kind, "text_en-gb": english, "text_de": german}


def test_staff_publish_the_next_version_which_begins_as_the_last_one() -> None:
    publish_terms("Old words")
    finance = somebody_of("Finance")

    assert "legaltext/add/?kind=terms" in finance.get("/admin/legal/legaltext/").content.decode()
    assert "Old words" in finance.get("/admin/legal/legaltext/add/?kind=terms").content.decode()
    # Or it could be published as another text by mistake.
    for address in ("/admin/legal/legaltext/add/", "/admin/legal/legaltext/add/?kind=privacy"):
        assert "Old words" not in finance.get(address).content.decode()
    answer = finance.post(
        "/admin/legal/legaltext/add/", typed("terms", "New words", "Neue Worte"), follow=True
    )

    assert answer.status_code == 200
    newest = LegalText.objects.current("terms")
    assert newest is not None
    assert (newest.version, newest.texts) == (2, {"en-gb": "New words", "de": "Neue Worte"})
    assert newest.published_by is not None
    shown = finance.get(f"/admin/legal/legaltext/{newest.pk}/change/").content.decode()
    assert "<p>Neue Worte</p>" in shown
    assert 'name="_save"' not in shown


def test_the_box_office_reads_texts_and_publishes_none() -> None:
    box_office = somebody_of("Box office")

    assert box_office.get("/admin/legal/legaltext/").status_code == 200
    assert box_office.post("/admin/legal/legaltext/add/", typed("terms", "Mine")).status_code == 403
    assert not LegalText.objects.exists()


def test_the_house_is_described_once_and_receipts_begin_when_it_is_complete() -> None:
    finance = somebody_of("Finance")
    facts = {
        "legal_name": "The Little Theatre",
        "address": "Hauptstraße 1",
        "tax_number": "12/345",
        "vat_rate": "",
    }

    finance.post("/admin/legal/house/add/", facts)
    assert House.objects.get().receipts_from is None
    refused = finance.post("/admin/legal/house/1/change/", {**facts, "vat_rate": "0"})
    assert "Enter why there’s no VAT. Receipts must say so." in refused.content.decode()
    finance.post(
        "/admin/legal/house/1/change/", {**facts, "vat_rate": "0", "vat_exempt_reason": "§ 4 Nr. 20 UStG"}
    )

    assert House.objects.get().receipts_from is not None
    assert finance.get("/admin/legal/house/add/").status_code == 403
    assert finance.get("/admin/legal/house/").headers["Location"] == "/admin/legal/house/1/change/"
