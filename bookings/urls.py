from django.urls import path, register_converter

from bookings import views
from bookings.converters import Reference

app_name = "bookings"
register_converter(Reference, "reference")

urlpatterns = [
    path("", views.home, name="home"),
    path("events/<slug:slug>/", views.event_page, name="event"),
    path("bookings/<reference:reference>/", views.booking_page, name="booking"),
    path("tickets/<reference:code>/", views.ticket_page, name="ticket"),
    path("tickets/<reference:code>/qr.png", views.ticket_png, name="ticket-png"),
    path("tickets/<reference:code>/qr.svg", views.ticket_svg, name="ticket-svg"),
]
