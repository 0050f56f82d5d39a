"""Staff's pages of events, seats, bookings and tickets."""

from bookings.admin import events, productions, records, seats
from bookings.announcements import admin as announcements
from bookings.questions import admin as questions
from bookings.waiting_list import admin as waiting_list

__all__ = ["announcements", "events", "productions", "questions", "records", "seats", "waiting_list"]
