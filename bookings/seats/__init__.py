"""Seats: held, drawn on a map, laid out, priced, replaced."""
