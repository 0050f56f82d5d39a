"""The shop in German: who gets it, that their choice stays, and that nothing on their way is English."""

import functools
import io
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import timezone
from django.utils.html import escape
from icalendar import Calendar
from pypdf import PdfReader

from bookings.models import Booking, Event
from bookings.orders.buyers import Buyer
from bookings.seats.holds import hold_seats
from config.i18n.catalogs import catalogs, load
from payments.memberships.emails import notify_of_ends
from payments.models import PaymentStatus, Subscription, SubscriptionStatus
from tests.support.accounts import ask_for_code, enter, sign_in
from tests.support.members import FAILS_LATER, Member, make_member, make_plan
from tests.support.page_text import texts_of
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Buy, Deliver, Purchase
from tests.support.worker import work

EVENT = "/events/demo-night/"
CHECKOUT = "/events/demo-night/checkout/"
GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
FILLED_IN = re.compile(r"%\(\w+\)[a-z]|\{\w+\}")
BEGINNING = re.compile(r"(?:(?<=\. )|^)[A-Z][\w’]*(?: [\w’]+){3}")
FORM = {"attempt": "t1", "seats": ["A-1", "A-2"], "name": "Ada", "email": "ada@example.com"}


@pytest.fixture
def client() -> Client:
    """A browser set to German, which the other fixtures buy with as well."""
    return Client(headers=GERMAN)


# Who gets it


def test_a_browser_set_to_german_gets_german_and_caches_are_told(event: Event, client: Client) -> None:
    response = client.get("/")

    assert "<h1>Programm</h1>" in response.content.decode()
    assert '<html lang="de">' in response.content.decode()
    assert response.headers["Content-Language"] == "de"
    assert {"Accept-Language", "Cookie"} <= set(response.headers["Vary"].split(", "))


@pytest.mark.parametrize("languages", ["", "fr", "en-US,en;q=0.9", "x" * 5000, "*"])
def test_any_other_browser_gets_english(event: Event, languages: str) -> None:
    response = Client(headers={"Accept-Language": languages}).get("/")

    assert "<h1>What’s on</h1>" in response.content.decode()
    assert response.headers["Content-Language"] == "en-gb"


# The choice


def test_a_chosen_language_stays_whatever_the_browser_is_set_to(event: Event, client: Client) -> None:
    client.post("/language/", {"language": "en-gb", "next": "/"})

    assert "<h1>What’s on</h1>" in client.get("/").content.decode()
    assert "Choose your seats" in client.get(EVENT).content.decode()


@pytest.mark.parametrize("url", ["/", f"{EVENT}?von=plakat", "/?seite=2&ort=K%C3%B6ln", "/nothing/?x=1"])
def test_switching_comes_back_to_the_same_page_and_its_query(event: Event, client: Client, url: str) -> None:
    page = client.get(url).content.decode()
    offered = re.findall(r'name="next" value="([^"]*)"', page)

    response = client.post("/language/", {"language": "de", "next": offered[0].replace("&amp;", "&")})

    assert (response.status_code, response.headers["Location"]) == (302, url)


def test_switching_on_a_form_that_was_sent_comes_back_to_the_page_of_the_form(
    event: Event, client: Client
) -> None:
    page = client.post(CHECKOUT, {**FORM, "seats": []}).content.decode()

    assert re.findall(r'name="next" value="([^"]*)"', page) == [EVENT]


def test_every_language_is_offered_in_its_own_words_and_the_current_one_marked(
    event: Event, client: Client
) -> None:
    page = client.get("/").content.decode()

    buttons = re.findall(r'<button [^>]*name="language" value="(.+?)" lang="(.+?)"(.*?)>(.+?)</button>', page)
    assert buttons == [
        ("en-gb", "en-gb", "", "English"),
        ("de", "de", ' aria-current="true"', "Deutsch"),
    ]


def test_the_choice_is_kept_for_a_year_and_out_of_reach_of_scripts(db: None, client: Client) -> None:
    cookie = client.post("/language/", {"language": "de"}).cookies["django_language"]

    assert (cookie.value, cookie["max-age"], cookie["path"]) == ("de", 31_536_000, "/")
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


@pytest.mark.parametrize("next_url", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_switching_leads_to_no_other_site(db: None, client: Client, next_url: str) -> None:
    response = client.post("/language/", {"language": "de", "next": next_url})

    assert response.headers["Location"] == "/"


@pytest.mark.parametrize("language", ["fr", "xx", "", "de" * 400])
def test_a_language_that_is_not_offered_changes_nothing(event: Event, client: Client, language: str) -> None:
    client.post("/language/", {"language": language, "next": "/"})

    assert "<h1>Programm</h1>" in client.get("/").content.decode()


def test_a_link_switches_nothing(db: None, client: Client) -> None:
    assert client.get("/language/?language=en-gb").status_code == 405


def test_staff_read_english_whatever_their_browser_is_set_to(admin_client: Client) -> None:
    response = admin_client.get("/admin/", headers={"Accept-Language": "de"})

    assert response.headers["Content-Language"] == "en-gb"
    assert "Welcome" in response.content.decode()


# Forms, numbers and dates


def test_a_mistake_is_explained_in_german(event: Event, client: Client) -> None:
    page = client.post(CHECKOUT, {**FORM, "seats": [], "email": "nobody"}).content.decode()

    assert "Bitte wählen Sie mindestens einen Platz." in page
    assert "Bitte geben Sie eine gültige E-Mail-Adresse ein." in page


def test_prices_and_dates_are_written_as_germans_write_them(event: Event, client: Client) -> None:
    at = {"sales_until": "2027-05-03T19:30:00Z", "sales_from": "2026-05-03T19:30:00Z"}
    Event.objects.update(starts_at="2027-05-03T19:30:00Z", ends_at="2027-05-03T21:00:00Z", **at)

    page = client.get(EVENT).content.decode()

    assert "Reihe A, Platz 1, 42,00\N{NO-BREAK SPACE}€" in page
    assert 'data-hundred="1,00\N{NO-BREAK SPACE}€"' in page
    assert "Montag, 3. Mai 2027" in page
    assert texts_of(page)[texts_of(page).index("19:30") :][:3] == ["19:30", "–", "21:00 Uhr"]
    assert "21:00\N{NO-BREAK SPACE}Uhr" in page


# The API


def test_the_status_is_told_in_german_under_a_tag_of_its_own(paid: Purchase, client: Client) -> None:
    german = client.get(paid.answer["status_url"])
    english = Client().get(paid.answer["status_url"], headers={"If-None-Match": german.headers["ETag"]})

    assert german.json()["message"] == "Bezahlt. Ihre Tickets stehen unten."
    assert english.status_code == 200
    assert english.json()["message"] == "Paid. Your tickets are below."


def test_what_a_bank_said_is_told_in_the_readers_language(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver, client: Client
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", purchase)
    stripe.post(f"/sessions/{purchase.session_id}/settle", {"ok": False})
    deliver("async_payment_failed", purchase)

    german = client.get(purchase.answer["status_url"]).json()
    english = Client().get(purchase.answer["status_url"]).json()

    assert german["error_message"] == "Ihre Bank hat die Zahlung nicht ausgeführt."
    assert english["error_message"] == "Your bank did not make the payment."


@pytest.mark.parametrize(
    ("wish", "code", "message"),
    [
        ({"event": "nothing"}, "unknown_event", "Es gibt keine Veranstaltung mit diesem Namen."),
        ({"seats": ["Z-9"]}, "invalid", "Den Platz Z-9 gibt es bei dieser Veranstaltung nicht."),
        ({"email": "x"}, "invalid", "Einige Angaben fehlen oder stimmen nicht."),
    ],
)
def test_refusals_of_the_api_are_in_german(
    event: Event, client: Client, wish: dict[str, Any], code: str, message: str
) -> None:
    body = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com", **wish}

    error = client.post("/api/checkout", body, content_type="application/json").json()["error"]

    assert (error["code"], error["message"]) == (code, message)


# The purchase's language


def test_a_purchase_keeps_its_language_and_stripes_page_speaks_it(
    event: Event, stripe: Sandbox, client: Client
) -> None:
    client.post(CHECKOUT, FORM)

    assert Booking.objects.get().language == "de"
    assert stripe.sessions()[0]["locale"] == "de"


@pytest.mark.parametrize(("language", "locale"), [("en-gb", "en-GB"), ("cy", "auto")])
def test_stripes_page_is_asked_for_in_a_language_that_stripe_speaks(
    event: Event, stripe: Sandbox, settings: Any, language: str, locale: str
) -> None:
    settings.LANGUAGES = [("en-gb", "English"), ("cy", "Cymraeg")]

    Client(headers={"Accept-Language": language}).post(CHECKOUT, FORM)

    assert stripe.sessions()[0]["locale"] == locale


def test_tickets_are_mailed_in_the_language_of_the_purchase_by_whomever(paid: Purchase) -> None:
    work("mail_tickets")

    (sent,) = mail.outbox
    assert sent.subject == "Ihre Tickets: Demo Night"
    assert "Sie haben 84,00\N{NO-BREAK SPACE}€ bezahlt. Hier sind Ihre Tickets" in sent.body
    assert '<html lang="de">' in str(sent.alternatives[0][0])  # type: ignore[attr-defined]
    assert english_in_mails() == []


def test_news_of_the_payment_is_mailed_in_the_language_of_the_purchase(
    purchase: Purchase, stripe: Sandbox, deliver: Deliver
) -> None:
    stripe.pay(purchase.session_id, method="us_bank_account", outcome="processing")
    deliver("completed", purchase)
    work("mail_notification")

    (sent,) = mail.outbox
    assert sent.subject == "Ihre Zahlung wird bearbeitet: Demo Night"
    assert "Wir halten die Plätze A-1 und A-2 für Sie frei." in sent.body
    assert english_in_mails() == []


def test_what_went_back_and_what_was_kept_is_mailed_in_german(paid: Purchase, client: Client) -> None:
    allow_cancelling(paid)
    client.post(cancelling(paid), {"seats": ["A-1"], "refund": "3730"})
    work("send_refund", "mail_notification")

    (sent,) = mail.outbox
    assert "wurden 37,30\N{NO-BREAK SPACE}€ erstattet" in sent.body
    assert "Die Stornogebühr betrug 4,70\N{NO-BREAK SPACE}€." in sent.body
    assert english_in_mails() == []


def test_what_a_member_saved_is_mailed_in_german(event: Event, member: Member, deliver: Deliver) -> None:
    body = {"event": "demo-night", "seats": ["A-1"], "name": "Ada", "email": "ada@example.com"}
    answer = member.client.post("/api/checkout", body, content_type="application/json").json()
    member.stripe.pay(answer["session_id"])
    deliver("completed", Purchase(answer["session_id"], answer))
    work("mail_tickets")

    assert "Als Mitglied haben Sie 10,50\N{NO-BREAK SPACE}€ gespart." in mail.outbox[0].body
    assert english_in_mails() == []


def test_what_comes_with_the_tickets_is_in_the_language_of_the_purchase(paid: Purchase) -> None:
    work("mail_tickets")

    calendar, tickets = (content for _name, content, _type in attached(mail.outbox[0]))
    [entry] = Calendar.from_ical(calendar).events
    assert str(entry["DESCRIPTION"]).startswith("Plätze A-1 und A-2\nBuchung ")
    assert printed(tickets)[5] == "Reihe A, Platz 1"
    assert english_on_paper(tickets) == []


def test_what_is_downloaded_is_in_the_language_of_who_reads_it(paid: Purchase, client: Client) -> None:
    booking = paid.booking.get_absolute_url()

    german, english = (it.get(f"{booking}tickets.pdf").content for it in (client, Client()))
    [entry] = Calendar.from_ical(client.get(f"{booking}event.ics").content).events

    assert (printed(german)[5], printed(english)[5]) == ("Reihe A, Platz 1", "Row A, seat 1")
    assert english_on_paper(german) == []
    assert str(entry["DESCRIPTION"]).startswith(
        f"Plätze A-1 und A-2\nBuchung {paid.booking.ticket_reference}\n"
    )


def attached(sent: Any) -> list[Any]:
    return list(sent.attachments)


def printed(document: bytes) -> list[str]:
    """Return the lines on the first page of a PDF."""
    return PdfReader(io.BytesIO(document)).pages[0].extract_text().splitlines()


def english_on_paper(document: bytes) -> list[str]:
    return english_in("".join(f"<p>{escape(line)}</p>" for line in printed(document)))


def test_a_language_that_was_given_up_since_is_followed_by_the_shops_own(paid: Purchase) -> None:
    Booking.objects.update(language="tlh")

    work("mail_tickets")

    assert mail.outbox[0].subject == "Your tickets: Demo Night"


# Nothing on the way is English


def english_in(html: str) -> list[str]:
    """Return the texts of a German page that are sentences of the catalogue, untranslated."""
    english, german = patterns()
    return [
        text
        for text in texts_of(html)
        if (english.fullmatch(text) and not german.fullmatch(text)) or beginnings().search(text)
    ]


def english_in_mails() -> list[str]:
    """Return what is English in the mails that were sent, paragraph by paragraph."""
    lines = [line for sent in mail.outbox for line in (str(sent.subject), *str(sent.body).splitlines())]
    pages = [str(content) for sent in mail.outbox for content, _type in getattr(sent, "alternatives", [])]
    return english_in("".join(f"<p>{escape(line)}</p>" for line in lines) + "".join(pages))


@functools.cache
def patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what matches any sentence of the catalogue, and what any of its translations."""
    messages = [message for message in load(catalogs()[0]) if message.id]
    return match_any(message.id for message in messages), match_any(message.string for message in messages)


@functools.cache
def beginnings() -> re.Pattern[str]:
    """Return what finds an English sentence among others: four words in a row that are one's beginning."""
    messages = [message.id for message in load(catalogs()[0]) if message.id]
    forms = [form for said in messages for form in ([said] if isinstance(said, str) else said)]
    begun = {found[0] for form in forms if (found := BEGINNING.search(form))}
    return re.compile("|".join(map(re.escape, begun)))


def match_any(sentences: Iterable[Any]) -> re.Pattern[str]:
    """Return what matches any stretch of these sentences between two tags, whatever was filled in."""
    forms = [form for said in sentences for form in ([said] if isinstance(said, str) else said)]
    stretches = {stretch.strip() for form in forms for stretch in re.split(r"<[^>]+>", form)}
    worded = [stretch for stretch in stretches if re.search(r"[a-z]{2}", FILLED_IN.sub("", stretch))]
    return re.compile("|".join(".+".join(map(re.escape, FILLED_IN.split(stretch))) for stretch in worded))


def visit(client: Client, *urls: str) -> None:
    """Read these pages in German, and require that none of them mixes the languages."""
    for url in urls:
        response = client.get(url)
        assert response.headers["Content-Language"] == "de", url
        assert english_in(response.content.decode()) == [], url


def test_english_on_a_german_page_would_be_noticed(event: Event) -> None:
    page = Client().get(EVENT).content.decode()

    assert {"Choose your seats", "Row A, seat 1, €42.00", "Skip to the content"} <= set(english_in(page))
    mixed = "Ihre Mitgliedschaft ist beendet. You’re welcome back any time."
    assert english_in(f"<p>{mixed}</p>") == [mixed]


def test_choosing_seats_is_german_throughout(event: Event, client: Client) -> None:
    visit(client, "/", EVENT, "/nothing/")
    assert english_in(client.post(CHECKOUT, {"seats": []}).content.decode()) == []


@pytest.mark.parametrize("sale", ["upcoming", "closed", "soon", "sold_out", "over"])
def test_an_event_that_is_not_on_sale_is_german_throughout(event: Event, client: Client, sale: str) -> None:
    if sale == "soon":
        event.seats.all().delete()
    elif sale == "sold_out":
        event.seats.exclude(label="A-1").delete()
        hold_seats(event, Buyer("Ada", "ada@example.com"), labels=["A-1"], until=event.starts_at)
    elif sale == "over":
        now = timezone.now()
        Event.objects.update(starts_at=now - timedelta(hours=2), ends_at=now, sales_until=now)
    else:
        ahead = sale == "upcoming"
        Event.objects.update(
            sales_from="2026-11-01T10:00Z" if not ahead else "2027-11-01T10:00Z",
            sales_until="2026-11-02T10:00Z" if not ahead else "2027-11-02T10:00Z",
            starts_at="2099-11-03T10:00Z",
            ends_at="2099-11-03T12:00Z",
        )

    visit(client, "/", EVENT)


@pytest.mark.parametrize("status", PaymentStatus)
def test_a_payment_is_german_throughout(purchase: Purchase, client: Client, status: PaymentStatus) -> None:
    purchase.put(status)

    visit(client, f"/payments/success/?session_id={purchase.session_id}", purchase.booking.get_absolute_url())


def test_tickets_are_german_throughout(paid: Purchase, client: Client) -> None:
    tickets = [ticket.get_absolute_url() for ticket in paid.booking.tickets.all()]

    visit(client, paid.booking.get_absolute_url(), *tickets, EVENT)


def test_leaving_stripes_page_is_german_throughout(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    cancelled = f"/payments/cancelled/?session_id={purchase.session_id}"
    stripe.fault(f"POST /v1/checkout/sessions/{purchase.session_id}/expire", "reset_before", times=3)

    visit(client, cancelled)
    stripe.clear_faults()
    visit(client, cancelled, purchase.booking.get_absolute_url())


def test_an_account_is_german_throughout(paid: Purchase, client: Client) -> None:
    visit(client, "/account/login/")
    ask_for_code(client, "ada@example.com")
    assert english_in(enter(client, "0000 0000").content.decode()) == []
    visit(client, "/account/code/")
    sign_in(client, "ada@example.com")

    visit(client, "/bookings/", "/account/email/", "/account/logout/", paid.booking.get_absolute_url())
    client.post("/account/logout/")
    visit(client, "/account/signed-out/")

    assert english_in_mails() == []
    assert mail.outbox[-1].subject == "Ihr Code für Admit"
    assert "Mit diesem Code melden Sie sich bei Admit an:" in mail.outbox[-1].body


def allow_cancelling(purchase: Purchase, **policy: Any) -> None:
    """Let tickets be given back until a week before, for 10 % and 0.50."""
    until = purchase.booking.event.starts_at - timedelta(days=7)
    fee = {"cancellation_fee_percent": 10, "cancellation_fee": 50}
    Event.objects.update(**{"cancellable_until": until, **fee, **policy})


def cancelling(purchase: Purchase) -> str:
    return f"{purchase.booking.get_absolute_url()}cancel/"


def test_giving_back_is_german_from_the_choice_to_the_end(paid: Purchase, client: Client) -> None:
    allow_cancelling(paid)
    page = cancelling(paid)

    visit(client, EVENT, page, f"{page}?seats=A-1", f"{page}?seats=A-1&seats=A-2", f"{page}?seats=Z-9")
    assert english_in(client.post(page, {"seats": ["A-1"], "refund": "1"}).content.decode()) == []
    client.post(page, {"seats": ["A-1"], "refund": "3730"})
    visit(client, paid.booking.get_absolute_url(), page, f"{page}?seats=A-2")
    client.post(page, {"seats": ["A-2"], "refund": "3730"})
    work("send_refund")
    visit(client, paid.booking.get_absolute_url(), page)


@pytest.mark.parametrize(
    "policy",
    [
        {"cancellable_until": None},
        {"cancellable_until": timezone.now() - timedelta(hours=1)},
        {"cancellation_fee": 5000},
        {"cancellation_fee": 0},
        {"cancellation_fee_percent": 0},
        {"cancellation_fee_percent": 0, "cancellation_fee": 0},
    ],
    ids=["never", "too late", "all kept", "a part", "a sum", "no fee"],
)
def test_every_rule_of_giving_back_is_told_in_german(
    paid: Purchase, client: Client, policy: dict[str, Any]
) -> None:
    allow_cancelling(paid, **policy)

    visit(client, EVENT, cancelling(paid), f"{cancelling(paid)}?seats=A-1", paid.booking.get_absolute_url())


def test_cancelling_what_is_not_paid_is_german_throughout(
    purchase: Purchase, stripe: Sandbox, client: Client
) -> None:
    visit(client, cancelling(purchase))
    stripe.fault("POST /v1/checkout/sessions/*", "500_before", times=None)
    assert english_in(client.post(cancelling(purchase)).content.decode()) == []
    stripe.clear_faults()
    client.post(cancelling(purchase))
    visit(client, cancelling(purchase), purchase.booking.get_absolute_url())


def test_giving_a_ticket_another_name_is_german_throughout(paid: Purchase, client: Client) -> None:
    ticket = paid.booking.tickets.all()[0].get_absolute_url()

    visit(client, f"{ticket}name/")
    assert english_in(client.post(f"{ticket}name/", {"name": ""}).content.decode()) == []
    client.post(f"{ticket}name/", {"name": "Grace Hopper"})
    visit(client, ticket, f"{ticket}name/", f"{paid.booking.get_absolute_url()}tickets/")
    work("mail_tickets")
    assert english_in_mails() == []


def test_having_tickets_sent_again_is_german_throughout(paid: Purchase, client: Client) -> None:
    booking = paid.booking.get_absolute_url()
    work("mail_tickets")
    answers = [client.post(f"{booking}resend/", follow=True) for _time in range(10)]

    assert answers[-1].status_code == 429
    assert [english_in(answer.content.decode()) for answer in answers] == [[]] * 10


@pytest.mark.parametrize("status", PaymentStatus)
def test_the_list_of_bookings_is_german_throughout(
    client: Client, buy: Buy, db: None, status: PaymentStatus
) -> None:
    sign_in(client, "ada@example.com")
    visit(client, "/bookings/")
    purchase = buy()
    allow_cancelling(purchase)
    visit(client, "/bookings/")
    purchase.put(status)
    Booking.objects.update(created_at=timezone.now() - timedelta(hours=1))
    visit(client, "/bookings/")


def test_asking_stripe_again_is_german_throughout(client: Client, buy: Buy, stripe: Sandbox) -> None:
    sign_in(client, "ada@example.com")
    check = f"{buy().booking.get_absolute_url()}check/"
    stripe.fault("GET /v1/checkout/sessions/*", "reset_before", times=3)

    assert english_in(client.post(check, follow=True).content.decode()) == []


@shared
def membership(box_office: BoxOffice) -> Member:
    """Somebody who became a member in German: presale, a quarter off, for four seats."""
    ada = make_member(box_office.stripe)
    ada.client = Client(headers=GERMAN)
    ada.sign_in()
    ada.join(make_plan(box_office.stripe), card=FAILS_LATER)
    return ada


@pytest.fixture
def member(membership: Member, client: Client, stripe: Sandbox) -> Member:
    """The same, in a browser of this test's own."""
    ada = Member(User.objects.get(pk=membership.user.pk), client, stripe)
    ada.sign_in()
    return ada


def test_memberships_on_offer_are_german_throughout(stripe: Sandbox, db: None, client: Client) -> None:
    visit(client, "/membership/")
    make_plan(stripe)
    make_plan(stripe, "patron", interval="year", seats_per_event=None)
    visit(client, "/membership/")
    sign_in(client, "ada@example.com")

    visit(client, "/membership/")
    client.post("/membership/friend/subscribe/")
    visit(client, "/membership/")


@pytest.mark.parametrize("status", SubscriptionStatus)
def test_a_membership_is_german_throughout(event: Event, member: Member, status: SubscriptionStatus) -> None:
    visit(member.client, "/membership/", EVENT)
    Subscription.objects.update(status=status, entitled_until=None)

    visit(member.client, "/membership/", EVENT)


@pytest.mark.parametrize("action", ["cancel", "pause"])
def test_a_membership_that_ends_or_rests_is_german_throughout(member: Member, action: str) -> None:
    member.do(action)
    member.hear()

    visit(member.client, "/membership/")


def test_news_of_a_membership_is_mailed_in_its_language(member: Member) -> None:
    member.do("renew")
    member.hear()
    work("mail_membership_notification")
    member.do("cancel", now=True)
    member.hear()
    work("mail_membership_notification")

    assert [sent.subject for sent in mail.outbox] == [
        "Willkommen: Friend",
        "Ihre Zahlung hat nicht geklappt: Friend",
        "Ihre Mitgliedschaft ist beendet: Friend",
    ]
    assert english_in_mails() == []


def test_a_membership_that_rests_is_told_by_mail_in_its_language(member: Member) -> None:
    member.stripe.post("/billing", {"after_retries": "unpaid"})
    member.do("renew")
    member.stripe.post("/clock", {"seconds": 8 * 24 * 3600})
    member.hear()
    work("mail_membership_notification")

    assert mail.outbox[-1].subject == "Ihre Mitgliedschaft ruht: Friend"
    assert english_in_mails() == []


def test_the_end_of_a_membership_is_announced_in_its_language(member: Member) -> None:
    member.do("cancel")
    member.hear()
    assert member.row.ends_at
    with time_machine.travel(member.row.ends_at - timedelta(days=2)):
        notify_of_ends()
    work("mail_membership_notification")

    assert mail.outbox[-1].subject == "Ihre Mitgliedschaft endet bald: Friend"
    assert english_in_mails() == []
