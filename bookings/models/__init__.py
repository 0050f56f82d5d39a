from .address import EventAddress
from .announcement import Announcement, AnnouncementCopy, CopyOutcome
from .area import Area, AreaKind, VenueLayout
from .booking import Booking, BookingStatus, Resend, booking_topic, customer_topic
from .event import Event, EventStatus, SaleStatus, Visibility
from .event_change import ChangeKind, EventChange, EventNotice, NoticeOutcome
from .production import Production
from .sale_code import SaleCode
from .scope import EventScope
from .seat import BookedSeat, Seat, SeatNote, SeatState, split_notes
from .ticket import StopReason, Ticket, TicketStatus
from .ticket_type import TicketType

__all__ = [
    "Announcement",
    "AnnouncementCopy",
    "Area",
    "AreaKind",
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
    "SaleCode",
    "SaleStatus",
    "Seat",
    "SeatNote",
    "SeatState",
    "StopReason",
    "Ticket",
    "TicketStatus",
    "TicketType",
    "VenueLayout",
    "Visibility",
    "booking_topic",
    "customer_topic",
    "split_notes",
]
