from .booking import Booking, BookingStatus, Resend, booking_topic, customer_topic
from .event import Event, EventStatus, SaleStatus
from .event_change import ChangeKind, EventChange, EventNotice, NoticeOutcome
from .seat import BookedSeat, Seat
from .ticket import StopReason, Ticket, TicketStatus

__all__ = [
    "BookedSeat",
    "Booking",
    "BookingStatus",
    "ChangeKind",
    "Event",
    "EventChange",
    "EventNotice",
    "EventStatus",
    "NoticeOutcome",
    "Resend",
    "SaleStatus",
    "Seat",
    "StopReason",
    "Ticket",
    "TicketStatus",
    "booking_topic",
    "customer_topic",
]
