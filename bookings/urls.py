from django.urls import path, re_path

from bookings.wallet import pages as wallet_pages
from bookings.web import (
    api,
    events_api,
    pages,
    pictures,
    programme,
    question_pages,
    search_engines,
    ticket_actions,
    ticket_pages,
    waiting_pages,
)

app_name = "bookings"

urlpatterns = [
    path("", programme.home, name="home"),
    path("events/<slug:slug>/", pages.event_page, name="event"),
    path("events/<slug:slug>/picture.png", pictures.event_picture, name="event-picture"),
    path("productions/<slug:slug>/picture.png", pictures.production_picture, name="production-picture"),
    path("events/<slug:slug>/waiting-list/", waiting_pages.join, name="waiting-list"),
    path("waiting/<reference:reference>/", waiting_pages.waiting, name="waiting"),
    path("waiting/<reference:reference>/confirm/", waiting_pages.confirm, name="confirm-waiting"),
    path("waiting/<reference:reference>/leave/", waiting_pages.leave, name="leave-waiting"),
    path("productions/<slug:slug>/", programme.production_page, name="production"),
    re_path(r"^api/events/?$", events_api.EventsView.as_view(), name="api-events"),
    re_path(r"^api/events/(?P<slug>[-\w]+)/?$", events_api.EventView.as_view(), name="api-event"),
    re_path(r"^api/events/(?P<slug>[-\w]+)/seats/?$", api.SeatsView.as_view(), name="seats"),
    re_path(r"^api/events/(?P<slug>[-\w]+)/seats/best/?$", api.BestSeatsView.as_view(), name="best-seats"),
    path("bookings/<reference:reference>/", pages.booking_page, name="booking"),
    path("bookings/<reference:reference>/resend/", ticket_actions.resend, name="resend"),
    path("bookings/<reference:reference>/questions/", question_pages.questions, name="questions"),
    path("bookings/<reference:reference>/tickets/", ticket_pages.all_tickets, name="tickets"),
    path(
        "bookings/<reference:reference>/tickets/<reference:code>/name/",
        ticket_actions.name,
        name="name-in-booking",
    ),
    path("bookings/<reference:reference>/tickets.pdf", ticket_pages.booking_pdf, name="tickets-pdf"),
    path("bookings/<reference:reference>/event.ics", ticket_pages.calendar, name="calendar"),
    path("tickets/worker.js", ticket_pages.worker, name="ticket-worker"),
    path("tickets/<reference:code>/", pages.ticket_page, name="ticket"),
    path("tickets/<reference:code>/name/", ticket_actions.name, name="name"),
    path("tickets/<reference:code>/ticket.pdf", ticket_pages.ticket_pdf, name="ticket-pdf"),
    path("tickets/<reference:code>/pass.pkpass", wallet_pages.apple_pass, name="apple-pass"),
    path("tickets/<reference:code>/google-wallet/", wallet_pages.google_wallet, name="google-wallet"),
    path("tickets/<reference:code>/qr.png", pages.ticket_png, name="ticket-png"),
    path("tickets/<reference:code>/qr.svg", pages.ticket_svg, name="ticket-svg"),
    path("robots.txt", search_engines.robots, name="robots"),
    path("sitemap.xml", search_engines.sitemap, name="sitemap"),
]
