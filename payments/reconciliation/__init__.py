"""Asks Stripe about everything that waits for it, and reads the events that never arrived."""
