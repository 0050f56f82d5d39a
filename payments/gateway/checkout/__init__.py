"""Checkout Sessions: what they are opened with, and what has become of them."""
