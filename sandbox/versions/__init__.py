"""Stripe's API versions: which there are, and objects in the shapes of older ones."""
