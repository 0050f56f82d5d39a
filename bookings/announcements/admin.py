"""Write to the ticket holders of an event: form, preview, test, and then watching it being sent."""

from typing import Any, cast
from uuid import uuid4

from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bookings.addresses.normal_form import readable
from bookings.announcements import sending
from bookings.announcements.forms import AnnouncementForm
from bookings.announcements.mails import write_sample
from bookings.announcements.recipients import languages, recipients
from bookings.mail.at_once import MailUnavailable, send_now
from bookings.mail.outgoing import Refused
from bookings.models import Announcement, CopyOutcome, Event
from bookings.read_only_admin import ReadOnlyPageAdmin
from bookings.staff.access import within_scope

PERMISSION = "bookings.write_to_ticket_holders"
NEEDS_A_LOOK = [CopyOutcome.REFUSED, CopyOutcome.FAILED, CopyOutcome.UNCLEAR]


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyPageAdmin):
    """The list of announcements, the page of each with its progress, and the form for a new one."""

    event_path = "event"
    list_display = ["subject", "event", "author", "created_at", "finished_at", "stopped_at"]
    list_select_related = ["event", "author"]
    list_per_page = 50
    search_fields = ["subject"]
    page_select_related = ["event", "author"]
    change_form_template = "admin/bookings/announcement/progress.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(PERMISSION)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("write/<int:event_id>/", view(self.write), name="bookings_announcement_write"),
            path("<int:pk>/<slug:what>/do/", view(self.do), name="bookings_announcement_do"),
            *super().get_urls(),
        ]

    def write(self, request: HttpRequest, event_id: int) -> HttpResponse:
        """Ask for the words, show how they look, mail them to who wrote them, and send them to everybody."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        event = get_object_or_404(within_scope(Event.objects.all(), request.user, "pk"), pk=event_id)
        step = request.POST.get("step", "")
        form = AnnouncementForm(request.POST or None, initial={"form_id": uuid4()})
        is_ready = form.is_valid() and step in ("preview", "test", "send")
        if is_ready and step == "test":
            _mail_samples(request, event, form)
        if is_ready and step == "send":
            return self._send(request, event, form)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Write to ticket holders"),
            "event": event,
            "form": form,
            "count": recipients(event).count(),
            "samples": _samples(request, event, form) if is_ready else [],
            "reader": readable(cast(User, request.user).email),
        }
        return TemplateResponse(request, "admin/bookings/announcement/write.html", context)

    def _send(self, request: HttpRequest, event: Event, form: AnnouncementForm) -> HttpResponse:
        if not recipients(event).exists():
            messages.error(request, _("This event has no ticket holders."))
            return redirect("admin:bookings_event_change", event.pk)
        cleaned = form.cleaned_data
        announcement = sending.start(
            event,
            author=cast(User, request.user),
            subject=cleaned["subject"],
            text=cleaned["text"],
            form_id=str(cleaned["form_id"]),
        )
        self.log_change(request, event, f"Wrote to the ticket holders: {announcement.subject}")
        return redirect("admin:bookings_announcement_change", announcement.pk)

    def describe(self, request: HttpRequest, row: Announcement) -> dict[str, Any]:
        return describe(row)

    def do(self, request: HttpRequest, pk: int, what: str) -> HttpResponse:
        """Stop an announcement, extend it to those who have bought since, or send again what failed."""
        if not request.user.has_perm(PERMISSION):
            raise PermissionDenied
        announcement = get_object_or_404(self.get_queryset(request), pk=pk)
        if request.method == "POST" and what in BUTTONS:
            words = BUTTONS[what](announcement)
            self.log_change(request, announcement, words)
            messages.success(request, words)
        return redirect("admin:bookings_announcement_change", pk)


def _samples(request: HttpRequest, event: Event, form: AnnouncementForm) -> list[Any]:
    """Return the mail as it looks in each language that recipients have, with how many read it."""
    cleaned, reader = form.cleaned_data, cast(User, request.user)
    words = {"subject": cleaned["subject"], "text": cleaned["text"]}
    return [
        {
            "language": language,
            "language_name": dict(settings.LANGUAGES).get(language, language),
            "count": count,
            "mail": write_sample(event, reader, language, **words),
        }
        for language, count in languages(event).most_common() or [(settings.LANGUAGE_CODE, 0)]
    ]


def _mail_samples(request: HttpRequest, event: Event, form: AnnouncementForm) -> None:
    reader = cast(User, request.user)
    if not reader.email:
        messages.error(request, _("Your account has no email address."))
        return
    try:
        for sample in _samples(request, event, form):
            sample["mail"].subject = f"Test: {sample['mail'].subject}"
            send_now(sample["mail"])
    except Refused as refusal:
        messages.error(request, _("Your mail server rejected it: %(words)s") % {"words": refusal.words})
    except MailUnavailable:
        messages.error(request, _("Can’t reach the mail server right now. Nothing was sent."))
    else:
        messages.success(request, _("Test sent to %(email)s.") % {"email": readable(reader.email)})


def describe(announcement: Announcement) -> dict[str, Any]:
    """Return what the page of ``announcement`` shows."""
    counts = sending.progress(announcement)
    look = announcement.copies.filter(outcome__in=NEEDS_A_LOOK).select_related("booking")
    missed = recipients(announcement.event).exclude(announcement_copies__announcement=announcement)
    return {
        "announcement": announcement,
        "total": sum(counts.values()),
        "done": sum(counts.values()) - counts[CopyOutcome.WAITING] - counts[CopyOutcome.SENDING],
        "outcomes": [(outcome.label, counts[outcome]) for outcome in CopyOutcome if counts[outcome]],
        "look": look[:200],
        "can_retry": counts[CopyOutcome.FAILED] + counts[CopyOutcome.UNCLEAR],
        "missed": 0 if announcement.stopped_at else missed.count(),
        "is_running": announcement.finished_at is None and announcement.stopped_at is None,
    }


def _stop(announcement: Announcement) -> str:
    if sending.stop(announcement):
        return _("Stopped. The rest won’t be sent.")
    return _("Already finished.")


def _extend(announcement: Announcement) -> str:
    count = sending.extend(announcement)
    words = ngettext("Sending to one more booking.", "Sending to %(count)d more bookings.", count)
    return words % {"count": count}


def _retry(announcement: Announcement) -> str:
    count = sending.try_again(announcement)
    words = ngettext("Retrying one email.", "Retrying %(count)d emails.", count)
    return words % {"count": count}


BUTTONS = {"stop": _stop, "extend": _extend, "retry": _retry}
