"""Staff see who waits, and can take somebody off."""

from django.contrib.auth.models import Permission
from django.test import Client

from bookings.models import Event, WaitingStatus
from bookings.waiting_list.offering import look_after
from tests.bookings.waiting_list.returning import Wait, come_back
from tests.support.staff import log_in, make_user, somebody_of
from tests.support.worker import work

LIST = "/admin/bookings/waitingentry/"


def take_off(staff: Client, *entries: int) -> int:
    form = {"action": "take_off", "_selected_action": list(entries)}
    return staff.post(LIST, form, follow=True).status_code


def test_the_list_shows_who_has_which_offer(full: Event, wait: Wait) -> None:
    wait("ada")
    come_back(full, "B-4")
    look_after(full.pk)
    page = somebody_of("Box office").get(LIST, {"event__id__exact": full.pk}).content.decode()

    assert "ada@example.com" in page
    assert "B-4" in page


def test_whoever_is_taken_off_makes_room_for_the_next(full: Event, wait: Wait) -> None:
    first, second = wait("ada"), wait("bob")
    come_back(full, "B-4")
    look_after(full.pk)
    take_off(somebody_of("Box office"), first.pk)
    work("offer_places")
    first.refresh_from_db()
    second.refresh_from_db()

    assert (first.status, second.status) == (WaitingStatus.LEFT, WaitingStatus.OFFERED)


def test_who_may_only_look_takes_nobody_off(full: Event, wait: Wait) -> None:
    entry = wait("ada")
    staff = make_user()
    staff.user_permissions.add(Permission.objects.get(codename="view_waitingentry"))
    take_off(log_in(staff), entry.pk)
    entry.refresh_from_db()

    assert entry.status == WaitingStatus.WAITING
