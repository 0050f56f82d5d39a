from django.urls import path, re_path, register_converter

from bookings import api, deeds, ticket_views, views
from bookings.converters import Reference

app_name = "bookings"
register_converter(Reference, "reference")

urlpatterns = [
    path("", views.home, name="home"),
    path("events/<slug:slug>/", views.event_page, name="event"),
    re_path(r"^api/events/(?P<slug>[-\w]+)/seats/?$", api.SeatsView.as_view(), name="seats"),
    re_path(r"^api/events/(?P<slug>[-\w]+)/seats/best/?$", api.BestSeatsView.as_view(), name="best-seats"),
    path("bookings/<reference:reference>/", views.booking_page, name="booking"),
    path("bookings/<reference:reference>/resend/", deeds.resend, name="resend"),
    path("bookings/<reference:reference>/tickets/", ticket_views.all_tickets, name="tickets"),
    path("bookings/<reference:reference>/tickets.pdf", ticket_views.booking_pdf, name="tickets-pdf"),
    path("bookings/<reference:reference>/event.ics", ticket_views.calendar, name="calendar"),
    path("tickets/worker.js", ticket_views.worker, name="ticket-worker"),
    path("tickets/<reference:code>/", views.ticket_page, name="ticket"),
    path("tickets/<reference:code>/name/", deeds.name, name="name"),
    path("tickets/<reference:code>/ticket.pdf", ticket_views.ticket_pdf, name="ticket-pdf"),
    path("tickets/<reference:code>/qr.png", views.ticket_png, name="ticket-png"),
    path("tickets/<reference:code>/qr.svg", views.ticket_svg, name="ticket-svg"),
]
