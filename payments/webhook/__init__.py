"""Stripe's events: recorded first, then applied once."""
