from .address import EventAddress
from .announcement import Announcement, AnnouncementCopy, CopyOutcome
from .booking import Booking, BookingStatus, Resend, booking_topic, customer_topic
from .event import Event, EventStatus, SaleStatus, Visibility
from .event_change import ChangeKind, EventChange, EventNotice, NoticeOutcome
from .production import Production
from .scope import EventScope
from .seat import BookedSeat, Seat
from .ticket import StopReason, Ticket, TicketStatus

__all__ = [
    "Announcement",
    "AnnouncementCopy",
    "BookedSeat",
    "Booking",
    "BookingStatus",
    "ChangeKind",
    "CopyOutcome",
    "Event",
    "EventAddress",
    "EventChange",
    "EventNotice",
    "EventScope",
    "EventStatus",
    "NoticeOutcome",
    "Production",
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
