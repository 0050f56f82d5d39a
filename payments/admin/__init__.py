"""The staff's pages about money: found, understood, repaired, and never edited."""

from payments.admin import event, ledgers, payment

__all__ = ["event", "ledgers", "payment"]
