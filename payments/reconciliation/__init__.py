"""Asking Stripe about what waits, and reading the events that never arrived."""
