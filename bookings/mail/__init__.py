"""Emails to customers about their bookings."""
