from .booking import BookedSeat, Booking, BookingStatus, booking_topic, customer_topic
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
    "booking_topic",
    "customer_topic",
]
