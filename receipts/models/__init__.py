"""Receipts and their corrections, in numbered series."""

from .buyer_address import BuyerAddress
from .receipt import Receipt, ReceiptKind, ReceiptRate
from .series import Series

__all__ = ["BuyerAddress", "Receipt", "ReceiptKind", "ReceiptRate", "Series"]
