"""What customers are mailed about their bookings."""
