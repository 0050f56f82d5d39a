"""Checkout Sessions: the API's part, and what happens when a customer pays."""
