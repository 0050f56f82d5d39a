"""The page of the door, and its forms for browsers without scripts."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from bookings.door.answering import answer, describe
from bookings.door.attempts import Attempt
from bookings.door.counting import count
from bookings.door.devices.authentication import device_of, remember
from bookings.door.devices.codes import read_code
from bookings.door.devices.pairing import InvalidCode, one_line, pair
from bookings.door.recording import record
from bookings.door.searching import search
from bookings.door.web.headers import allow_camera
from bookings.door.words import words
from bookings.models import Device, Direction, Entry, Event, ScanKind, Ticket, Verdict
from bookings.web.slots import context_for
from config.assets import asset_library
from config.errors import ApiError

LONGEST = 500  # characters of a code; a ticket's has 136
LONGEST_NAME = 100  # characters of what is searched for


@require_safe
@never_cache
def home(request: HttpRequest) -> HttpResponse:
    """Show the door of a paired device, else how to pair it."""
    device = device_of(request)
    return _door(request, device, request.GET) if device else _pairing(request)


@require_POST
@never_cache
def pair_by_form(request: HttpRequest) -> HttpResponse:
    """Pair as ``POST /api/door/pair`` does, without a script."""
    guesses = context_for("pairing", request, None)
    if guesses["wait"]:
        return _pairing(request, _("Too many wrong codes. Please wait a minute."), 429)
    code = read_code(request.POST.get("code", ""))
    try:
        if code is None:
            raise InvalidCode
        _device, secret = pair(code, request.POST.get("name", ""))
    except InvalidCode:
        return _pairing(request, _("This code is wrong, used or too old. Ask for a new one."), 403)
    guesses["right"]()
    response = redirect("door:home")
    remember(response, secret)
    return response


@require_POST
@never_cache
def scan_by_form(request: HttpRequest) -> HttpResponse:
    """Record a typed code, or a guest that was searched for, and show the verdict on the page."""
    device = device_of(request)
    if device is None:
        return redirect("door:home")
    attempt = _attempt(request.POST, _event(device, request.POST))
    try:
        said = answer(record(device, attempt), attempt)
    except ApiError as error:
        said = {"verdict": "", "message": str(error.detail)}
    return _door(request, device, request.POST, said)


@require_safe
def decoder(request: HttpRequest) -> HttpResponse:
    """Serve the worker that reads codes: a worker's own answer says what it may do."""
    script = asset_library().get("js/door/camera/decoder.js")
    if script is None:
        raise Http404
    headers = {"Cache-Control": "no-cache"}
    return allow_camera(HttpResponse(script.content, "text/javascript; charset=utf-8", headers=headers))


def _pairing(request: HttpRequest, problem: str = "", status: int = 200) -> HttpResponse:
    return allow_camera(render(request, "bookings/door/pair.html", {"problem": problem}, status=status))


def _door(
    request: HttpRequest, device: Device, asked: Any, said: dict[str, Any] | None = None
) -> HttpResponse:
    event = _event(device, asked)
    spoken = words()
    context = {
        "device": device,
        "events": _events(device),
        "event": event,
        "gate": asked.get("gate", device.gate)[:60],
        "person": asked.get("person", "")[:100],
        "direction": asked.get("direction", Direction.IN),
        "ways": [(Direction.IN, _("In")), (Direction.OUT, _("Out"))],
        "counts": count(event),
        "words": spoken,
        "q": asked.get("q", ""),
        "found": _found(event, asked.get("q", ""), spoken),
        "said": said,
        "word": spoken.get(said["verdict"], {}).get("word", "") if said else "",
        "group": _spell_group(said["group"]) if said and said.get("group") else "",
    }
    return allow_camera(render(request, "bookings/door/door.html", context))


def _found(event: Event, typed: str, spoken: Mapping[str, Mapping[str, str]]) -> list[dict[str, Any]]:
    """Return what a search without a script has found."""
    tickets = search(event, typed[:LONGEST_NAME])
    seats = [ticket.seat_id for ticket in tickets]
    inside = set(Entry.objects.open().filter(seat__in=seats).values_list("seat", flat=True))

    def say(ticket: Ticket) -> str:
        known = Verdict.INSIDE if ticket.seat_id in inside else ticket.status
        return spoken.get(known, {}).get("word", "")

    return [{**describe(ticket), "says": say(ticket)} for ticket in tickets]


def _events(device: Device) -> list[Event]:
    return sorted(device.events.all(), key=lambda event: (event.starts_at, event.pk))


def _event(device: Device, asked: Any) -> Event:
    """Return the event that was chosen, else the nearest: a device has one at least."""
    events, now = _events(device), timezone.now()
    chosen = next((event for event in events if str(event.pk) == asked.get("event")), None)
    return chosen or min(events, key=lambda event: abs(event.starts_at - now))


def _spell_group(group: dict[str, Any]) -> str:
    of_all = _("{in} of {of} of this booking are in")
    return (
        of_all.replace("{in}", str(group["in"])).replace("{of}", str(group["of"])) if group["of"] > 1 else ""
    )


def _attempt(form: Any, event: Event) -> Attempt:
    now = timezone.now()
    digest = _typed(form, "ticket", 24)
    return Attempt(
        nonce=uuid4(),
        token="" if digest else _typed(form, "code", LONGEST).upper(),
        digest=digest,
        direction=Direction.OUT if form.get("direction") == Direction.OUT else Direction.IN,
        kind=ScanKind.NAME if digest else ScanKind.TYPED,
        scanned_at=now,
        at=now,
        gate=_typed(form, "gate", 60),
        person=_typed(form, "person", 100),
        event_id=event.pk,
    )


def _typed(form: Any, field: str, most: int) -> str:
    return one_line(form.get(field, ""))[:most]
