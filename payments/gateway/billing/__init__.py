"""Subscriptions at Stripe, their customers, and the money of their invoices."""
