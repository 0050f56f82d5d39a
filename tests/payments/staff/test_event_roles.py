"""Who of the staff has to do with which events: groups say what, and a limit says with which."""

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client

from bookings.events.copying import make_copies
from bookings.models import Announcement, Event, EventScope, Production, Seat
from payments.models import Action, BulkRun, Payment, StaffAction
from tests.bookings.events.test_visibility import fields_of
from tests.support.sandbox import Sandbox
from tests.support.shared import shared
from tests.support.shop import BoxOffice, Purchase, make_event
from tests.support.staff import WHY, action_of, log_in, make_user, page_of, press, somebody_of

OTHERS = "Grace Hopper"  # who has bought for the other event
NOT_OURS = ("/admin/logout", "/admin/security", "/admin/password_change", "/admin/jsi18n")
CLOSED = ("publish", "unpublish", "rows", "prices", "delete")  # the pages of an event, for most roles


@shared
def sold(box_office: BoxOffice) -> list[Purchase]:
    """Two events, each with a customer who has paid and has got something back."""
    make_event()
    make_event(slug="other-night", title="Other Night")
    Seat.objects.exclude(label__in=["A-1", "A-2", "A-3"]).delete()  # Each is a page to walk to.
    purchases = []
    for slug, name in (("demo-night", "Ada Lovelace"), ("other-night", OTHERS)):
        purchase = box_office.buy(event=slug, name=name, email=f"{name.split()[0].lower()}@example.com")
        box_office.stripe.pay(purchase.session_id)
        box_office.deliver("completed", purchase)
        box_office.stripe.refund(purchase.session_id, 500)
        purchases.append(purchase)
    for event in box_office.stripe.events():
        box_office.deliver(event)
    for purchase in purchases:
        press(somebody_of("Finance"), action_of(purchase.payment, Action.NOTE))
    return purchases


def limited_to(event: Event | None, *groups: str) -> Client:
    user = make_user(*groups)
    EventScope.objects.create(user=user).events.set([event] if event else [])
    return log_in(user)


def lists() -> dict[type, str]:
    return {
        model: f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry
    }


def walk(staff: Client) -> dict[str, Any]:
    """Return the answers of all the admin's pages that links lead to, by address: of each kind, three."""
    kinds: Counter[str] = Counter()
    found: dict[str, Any] = {}
    waiting = ["/admin/"]
    while waiting:
        address = waiting.pop(0)
        answer = found[address] = staff.get(address)
        for link in re.findall(r'href="(/admin/[^"#?]*)', answer.content.decode()):
            kind = re.sub(r"\d+", "N", link)
            if (
                link not in found
                and link not in waiting
                and kinds[kind] < 3
                and not link.startswith(NOT_OURS)
            ):
                kinds[kind] += 1
                waiting.append(link)
    return found


def refusals(pages: dict[str, Any]) -> dict[str, int]:
    shown = {address: answer.status_code for address, answer in pages.items()}
    return {address: status for address, status in shown.items() if status not in (200, 302)}


def naming(pages: dict[str, Any], *words: str) -> list[str]:
    """Return the addresses of the ``pages`` that have one of ``words``."""
    texts = {address: answer.content.decode() for address, answer in pages.items()}
    return [address for address, text in texts.items() if any(word in text for word in words)]


@pytest.mark.parametrize("group", ["Box office", "Finance", "Door"])
def test_what_a_role_sees_is_open_to_it_and_what_is_closed_it_does_not_see(
    group: str, sold: list[Purchase]
) -> None:
    staff, event = somebody_of(group), sold[0].booking.event
    pages, own = walk(staff), f"/admin/bookings/event/{event.pk}"

    assert refusals(pages) == {}
    assert len(pages) > (3 if group == "Door" else 20)
    assert naming(pages, *[f"{own}/{page}/" for page in CLOSED], "change_prices", "/event/add/") == []
    for page in CLOSED:
        assert staff.get(f"{own}/{page}/").status_code == 403
        assert staff.post(f"{own}/{page}/", {"visibility": "hidden", "post": "yes"}).status_code == 403
    assert staff.get("/admin/bookings/event/add/").status_code == 403
    event.refresh_from_db()
    assert event.visibility == "published"


def test_who_sets_up_events_sees_nothing_of_customers(sold: list[Purchase]) -> None:
    pages, booking = walk(somebody_of("Events")), sold[0].booking

    assert refusals(pages) == {}
    assert len(pages) > 10
    assert naming(pages, booking.reference, str(booking), booking.name, OTHERS, booking.email) == []
    assert not any("/payments/" in address or "/auth/" in address for address in pages)


def test_who_sets_up_events_does_it_from_the_first_page_to_the_last(db: None) -> None:
    staff, sample = somebody_of("Events"), make_event(slug="sample", title="Sample")
    staff.post("/admin/bookings/event/add/", fields_of(sample, slug="gala", title="Gala"))
    event = Event.objects.get(slug="gala")
    own = f"/admin/bookings/event/{event.pk}"

    staff.post(f"{own}/rows/", {"rows": "A", "first": 1, "last": 4, "price": "25"})
    staff.post(f"{own}/publish/", {"visibility": "published", "read": "on"})

    event.refresh_from_db()
    assert (event.visibility, event.seats.count()) == ("published", 4)


# Limited to chosen events


def test_nothing_of_another_event_is_shown_to_who_is_limited(sold: list[Purchase]) -> None:
    pages = walk(limited_to(sold[0].booking.event, "Events", "Finance"))
    theirs = sold[1].booking

    told = [theirs.reference, str(theirs), theirs.name, theirs.email, theirs.event.title, sold[1].session_id]
    assert naming(pages, *told) == []
    assert page_of(sold[0].payment) in pages
    assert refusals(pages) == {}


def test_no_row_of_another_event_has_an_address(sold: list[Purchase]) -> None:
    staff = limited_to(sold[0].booking.event, "Events", "Finance")
    payment, event = sold[1].payment, sold[1].booking.event
    rows = [
        *(payment, event, sold[1].booking, sold[1].booking.tickets.all()[0], event.seats.all()[0]),
        *(payment.refunds.all()[0], payment.stripe_events.all()[0], StaffAction.objects.get(payment=payment)),
    ]
    addresses = [f"{lists()[type(row)]}{row.pk}/{page}/" for row in rows for page in ("change", "history")]
    addresses += [action_of(payment, action) for action in (Action.ASK, Action.REFUND, Action.NOTE)]
    addresses += [page_of(payment).replace("change", "compare")]
    addresses += [
        f"/admin/bookings/event/{event.pk}/{page}/" for page in ("publish", "rows", "prices", "delete")
    ]
    addresses += [f"/admin/payments/payment/holds/{event.pk}/?by=age&value=0"]

    assert {address: staff.get(address).status_code for address in addresses} == dict.fromkeys(addresses, 404)
    assert {staff.post(address, {"reason": WHY}).status_code for address in addresses} == {403, 404}


@pytest.mark.parametrize("typed", ["grace@example.com", "hopper", "A-1", "84"])
def test_a_search_finds_only_among_their_events(sold: list[Purchase], typed: str, stripe: Sandbox) -> None:
    staff = limited_to(sold[0].booking.event, "Finance")
    addresses = ["payments/payment", "bookings/booking", "bookings/ticket", "payments/refund"]

    found = [staff.get(f"/admin/{address}/", {"q": typed}).context["cl"].queryset for address in addresses]
    straight = staff.get("/admin/payments/payment/find/", {"q": typed})

    theirs = {
        sold[1].payment,
        sold[1].booking,
        *sold[1].booking.tickets.all(),
        *sold[1].payment.refunds.all(),
    }
    assert [row for rows in found for row in rows if row in theirs] == []
    assert page_of(sold[1].payment) != straight.headers["Location"]
    others = {key: value for key, value in straight.headers.items() if key == "Location"}
    assert str(sold[1].payment.pk) not in others["Location"].rpartition("/payment/")[2].split("/")


def test_an_action_for_many_takes_only_their_rows(sold: list[Purchase]) -> None:
    staff = limited_to(sold[0].booking.event, "Finance")
    all_of_them = list(Payment.objects.values_list("pk", flat=True))
    form = {"action": "ask", "_selected_action": all_of_them}
    page = staff.post("/admin/payments/payment/", form)

    staff.post(
        "/admin/payments/payment/",
        {**form, "reason": WHY, "form_id": str(page.context["form"]["form_id"].value())},
    )

    run = BulkRun.objects.get()
    assert [item.payment for item in run.items.all()] == [sold[0].payment]
    assert staff.get(f"/admin/payments/bulkrun/{run.pk}/change/").status_code == 200
    assert limited_to(None, "Finance").get(f"/admin/payments/bulkrun/{run.pk}/change/").status_code == 404


def test_the_front_page_counts_only_what_is_theirs(sold: list[Purchase]) -> None:
    Payment.objects.update(check_problem="refused", check_error="No.", checks=9)
    event = sold[0].booking.event

    def counted(staff: Client) -> dict[str, int]:
        front = staff.get("/admin/").content.decode()
        return {
            name: int(count)
            for name, count in re.findall(r'trouble=(\w+)">\s*<b class="count">(\d+)', front)
            if "subscription" not in name
        }

    everybody = counted(somebody_of("Finance"))
    theirs = counted(limited_to(event, "Finance"))

    assert set(theirs) == set(everybody) != set()
    assert {name: 2 * count for name, count in theirs.items()} == everybody
    assert set(counted(limited_to(None, "Finance"))) == set()
    assert OTHERS not in limited_to(event, "Finance").get("/admin/").content.decode()


def test_what_belongs_to_no_event_is_closed_to_who_is_limited(sold: list[Purchase]) -> None:
    staff = limited_to(sold[0].booking.event, "Finance")
    closed = ["payments/subscription", "payments/lostsession", "payments/plan"]

    assert {staff.get(f"/admin/{address}/").status_code for address in closed} == {403}
    assert not any(address in staff.get("/admin/").content.decode() for address in closed)
    assert {somebody_of("Finance").get(f"/admin/{address}/").status_code for address in closed} == {200}


def test_who_is_limited_makes_seats_for_their_events_alone_and_keeps_what_they_make(
    sold: list[Purchase],
) -> None:
    event, other = sold[0].booking.event, sold[1].booking.event
    staff = limited_to(event, "Events")
    seat = {"row": "Z", "number": 1, "label": "Z-1", "price": "25"}

    refused = staff.post("/admin/bookings/seat/add/", {**seat, "event": other.pk})
    staff.post("/admin/bookings/seat/add/", {**seat, "event": event.pk})
    staff.post("/admin/bookings/event/add/", fields_of(event, slug="gala", title="Gala"))

    assert "Select a valid choice" in refused.content.decode()
    assert [made.event for made in Seat.objects.filter(label="Z-1")] == [event]
    made = Event.objects.get(slug="gala")
    assert staff.get(f"/admin/bookings/event/{made.pk}/change/").status_code == 200


def test_a_superuser_limits_somebody_on_their_page(event: Event) -> None:
    boss, user = log_in(User.objects.create_superuser("boss")), make_user("Events")
    address = f"/admin/auth/user/{user.pk}/change/"
    form = boss.get(address).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value not in (None, False)}
    joined = user.date_joined
    data |= {"date_joined_0": f"{joined:%Y-%m-%d}", "date_joined_1": f"{joined:%H:%M:%S}", "is_staff": "on"}
    data |= {"groups": [group.pk for group in user.groups.all()], "user_permissions": [], "is_active": "on"}
    data |= {f"event_scope-{name}": value for name, value in (("TOTAL_FORMS", 1), ("INITIAL_FORMS", 0))}

    before = log_in(user).get(f"/admin/bookings/event/{event.pk}/change/").status_code
    answer = boss.post(address, {**data, "event_scope-0-events": [make_event(slug="x").pk]})

    assert (before, answer.status_code) == (200, 302)
    assert log_in(user).get(f"/admin/bookings/event/{event.pk}/change/").status_code == 404


def test_productions_are_those_of_the_chosen_events(db: None) -> None:
    night, other = make_event(), make_event(slug="other-night", title="Other Night")
    for event, name in ((night, "Ours"), (other, "Theirs")):
        event.production = Production.objects.create(title=name, slug=name.lower())
        event.save()
    make_copies(night, [night.starts_at + timedelta(days=day) for day in (1, 2)])
    user, production = make_user("Events"), Production.objects.get(title="Ours")
    EventScope.objects.create(user=user).events.set(production.events.all())
    staff, page = log_in(user), f"/admin/bookings/production/{production.pk}/change/"

    listed = staff.get("/admin/bookings/production/").content.decode()
    assert listed.count(f'href="{page}') == 1
    own = f"/admin/bookings/event/{night.pk}/change/"
    for address in ("/admin/bookings/production/", "/admin/bookings/event/", own, page):
        answer = staff.get(address)
        assert answer.status_code == 200
        assert "Theirs" not in answer.content.decode(), address
    assert 'name="title"' in staff.get(page).content.decode()

    user.event_scope.events.set([night])
    assert 'name="title"' not in log_in(user).get(page).content.decode()  # It has others' dates, too.


def test_who_is_limited_reaches_no_others_by_their_addresses(db: None) -> None:
    """Pages of one event are there for the chosen ones, and those of all events aren't."""
    night, other = make_event(), make_event(slug="other-night", title="Other Night")
    groups = ("Finance", "Box office")
    limited, everywhere = limited_to(night, *groups), somebody_of(*groups)
    erasing = Permission.objects.get(codename="add_erasure")  # No group has it.
    for user in User.objects.all():
        user.user_permissions.add(erasing)
    author = User.objects.create_superuser("boss")
    theirs = Announcement.objects.create(event=other, author=author, subject="S", text="T", form_id="f")
    of_one = (
        "bookings/announcement/write/{}/",
        "payments/payment/holds/{}/",
        "bookings/eventchange/{}/move/",
    )
    of_all = ("receipts/receipt/totals/", "receipts/receipt/export/", "privacy/erasure/customer/")

    for page in of_one:
        address = f"/admin/{page}"
        assert limited.get(address.format(night.pk)).status_code == 200, page
        assert limited.get(address.format(other.pk)).status_code == 404, page
        assert everywhere.get(address.format(other.pk)).status_code == 200, page
    for page in of_all:
        assert limited.get(f"/admin/{page}").status_code == 403, page
        assert everywhere.get(f"/admin/{page}").status_code == 200, page
    assert limited.post(f"/admin/bookings/announcement/{theirs.pk}/stop/do/").status_code == 404
    assert "Other Night" not in limited.get("/admin/bookings/announcement/").content.decode()
