"""Subscriptions and their invoices: how they renew, are collected, change and end."""
