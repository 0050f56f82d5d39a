"""Bookings that are bought without Stripe: at the counter, or because there is nothing to pay."""
