from importlib import import_module

from django.apps import AppConfig
from django.urls import register_converter

from bookings.web.converters import Reference


class BookingsConfig(AppConfig):
    name = "bookings"

    def ready(self) -> None:
        register_converter(Reference, "reference")  # Here, because other apps' addresses have them too.
        import_module("bookings.events.place_checks")  # It adds checks to those of an event.
