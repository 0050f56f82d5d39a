from .address import EventAddress
from .announcement import Announcement, AnnouncementCopy, CopyOutcome
from .area import Area, AreaKind, VenueLayout
from .booking import Booking, BookingStatus, Resend, booking_topic, customer_topic
from .door import Conflict, Device, DeviceRole, Direction, Entry, Scan, ScanKind, Verdict
from .event import Event, EventStatus, SaleStatus, TicketNames, Visibility
from .event_change import ChangeKind, EventChange, EventNotice, NoticeOutcome
from .production import Production
from .question import Answer, Question, QuestionKind, QuestionScope
from .sale_code import SaleCode
from .scope import EventScope
from .seat import BookedSeat, Seat, SeatNote, SeatState, split_notes
from .ticket import StopReason, Ticket, TicketStatus
from .ticket_type import TicketType
from .waiting_entry import WaitingEntry, WaitingMail, WaitingStatus

__all__ = [
    "Announcement",
    "AnnouncementCopy",
    "Answer",
    "Area",
    "AreaKind",
    "BookedSeat",
    "Booking",
    "BookingStatus",
    "ChangeKind",
    "Conflict",
    "CopyOutcome",
    "Device",
    "DeviceRole",
    "Direction",
    "Entry",
    "Event",
    "EventAddress",
    "EventChange",
    "EventNotice",
    "EventScope",
    "EventStatus",
    "NoticeOutcome",
    "Production",
    "Question",
    "QuestionKind",
    "QuestionScope",
    "Resend",
    "SaleCode",
    "SaleStatus",
    "Scan",
    "ScanKind",
    "Seat",
    "SeatNote",
    "SeatState",
    "StopReason",
    "Ticket",
    "TicketNames",
    "TicketStatus",
    "TicketType",
    "VenueLayout",
    "Verdict",
    "Visibility",
    "WaitingEntry",
    "WaitingMail",
    "WaitingStatus",
    "booking_topic",
    "customer_topic",
    "split_notes",
]
