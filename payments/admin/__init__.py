"""The admin's pages about money, where staff find, understand and repair, but never edit."""

from payments.admin import bulk, event, jobs, membership, payment, plan, records

__all__ = ["bulk", "event", "jobs", "membership", "payment", "plan", "records"]
