from .booking import BookedSeat, Booking, BookingStatus
from .event import Event, Sale, Seat
from .ticket import StopReason, Ticket, TicketStatus

__all__ = [
    "BookedSeat",
    "Booking",
    "BookingStatus",
    "Event",
    "Sale",
    "Seat",
    "StopReason",
    "Ticket",
    "TicketStatus",
]
