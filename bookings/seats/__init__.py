"""Seats: layout, prices, holds, the seat map, and other seats for those that are taken."""
