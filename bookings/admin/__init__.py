"""Staff's pages of events, seats, bookings and tickets."""

from bookings.admin import areas, codes, events, productions, records, seats, shop, ticket_types
from bookings.announcements import admin as announcements
from bookings.door import admin as door
from bookings.questions import admin as questions
from bookings.waiting_list import admin as waiting_list

__all__ = [
    "announcements",
    "areas",
    "codes",
    "door",
    "events",
    "productions",
    "questions",
    "records",
    "seats",
    "shop",
    "ticket_types",
    "waiting_list",
]
