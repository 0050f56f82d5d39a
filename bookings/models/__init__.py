from .announcement import Announcement, AnnouncementCopy, CopyOutcome
from .booking import Booking, BookingStatus, Resend, booking_topic, customer_topic
from .event import Event, SaleStatus
from .seat import BookedSeat, Seat
from .ticket import StopReason, Ticket, TicketStatus

__all__ = [
    "Announcement",
    "AnnouncementCopy",
    "BookedSeat",
    "Booking",
    "BookingStatus",
    "CopyOutcome",
    "Event",
    "Resend",
    "SaleStatus",
    "Seat",
    "StopReason",
    "Ticket",
    "TicketStatus",
    "booking_topic",
    "customer_topic",
]
