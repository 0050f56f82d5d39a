from django.db import models

from bookings.models import Booking


class BuyerAddress(models.Model):
    """
    The address that a buyer wants on the receipt of a booking, until it is issued; empty if they want none.

    It is in lines, as on an envelope. The receipt has it after that, and this row is deleted.
    """

    booking = models.OneToOneField(Booking, models.PROTECT, primary_key=True, related_name="buyer_address")
    address = models.TextField(blank=True)
    given_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "buyer addresses"

    def __str__(self) -> str:
        return str(self.booking)
