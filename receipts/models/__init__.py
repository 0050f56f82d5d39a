"""Receipts and their corrections, in numbered series."""

from .receipt import Receipt, ReceiptKind, ReceiptRate
from .series import Series

__all__ = ["Receipt", "ReceiptKind", "ReceiptRate", "Series"]
