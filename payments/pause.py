"""Keeps sales closed after a restore, until it is known again what was sold."""

from payments.models import Restore


class SalesPaused(Exception):
    """Nothing is sold to anybody at the moment: the shop was restored from a backup."""


def are_sales_paused() -> bool:
    return Restore.objects.filter(ended_at=None).exists()


def require_sales() -> None:
    """Raise ``SalesPaused`` if nothing is sold at the moment."""
    if are_sales_paused():
        raise SalesPaused
