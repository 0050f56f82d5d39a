"""The staff's pages about money: found, understood, repaired, and never edited."""

from payments.admin import bulk, event, ledgers, membership, payment

__all__ = ["bulk", "event", "ledgers", "membership", "payment"]
