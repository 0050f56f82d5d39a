"""The staff's pages about money: found, understood, repaired, and never edited."""

from payments.admin import bulk, event, membership, payment, records

__all__ = ["bulk", "event", "membership", "payment", "records"]
