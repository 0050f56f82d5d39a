from .address import EventAddress
from .booking import Booking, BookingStatus, Resend, booking_topic, customer_topic
from .event import Event, SaleStatus, Visibility
from .scope import EventScope
from .seat import BookedSeat, Seat
from .ticket import StopReason, Ticket, TicketStatus

__all__ = [
    "BookedSeat",
    "Booking",
    "BookingStatus",
    "Event",
    "EventAddress",
    "EventScope",
    "Resend",
    "SaleStatus",
    "Seat",
    "StopReason",
    "Ticket",
    "TicketStatus",
    "Visibility",
    "booking_topic",
    "customer_topic",
]
