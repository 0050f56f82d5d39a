"""The admin's pages about money, where staff find, understand and repair, but never edit."""

from payments.admin import bulk, counter, event, event_changes, jobs, membership, payment, plan, records

__all__ = ["bulk", "counter", "event", "event_changes", "jobs", "membership", "payment", "plan", "records"]
