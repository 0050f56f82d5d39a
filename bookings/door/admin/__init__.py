"""Staff's pages of the door's devices, and of what they have scanned."""

from bookings.door.admin import devices, records

__all__ = ["devices", "records"]
