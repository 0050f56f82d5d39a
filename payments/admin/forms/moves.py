"""What staff fill in to move a customer: other seats, and then that they agree to what it comes to."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from bookings.money import format_money
from bookings.seats.moving import NotMovable
from bookings.tickets.presence import note_entry, with_entries
from payments.admin.forms.actions import ActionForm
from payments.ledger.moving import Quote, movable_tickets, quote_moves
from payments.models import Payment


class MoveForm(ActionForm):
    """
    Asks for another seat for each ticket that can be moved, and shows what that comes to.

    Only if it comes back with that, in ``agreed``, it is valid: what is done is what was read.
    """

    agreed = forms.CharField(required=False, widget=forms.HiddenInput)
    quote: Quote | None = None

    def offer(self, payment: Payment) -> None:
        booked = {one.seat_id: one for one in payment.booking.booked_seats.current()}
        self.tickets: dict[str, int] = {}
        tickets = with_entries(movable_tickets(payment)).select_related("seat__event").defer("qr_png")
        for ticket in tickets.order_by("seat_id"):
            name, worth = f"seat_{ticket.pk}", booked[ticket.seat_id].worth
            words = f"{ticket.seat.label}, {format_money(worth, payment.currency)}"
            self.tickets[name] = ticket.pk
            self.fields[name] = forms.CharField(
                label=_("Instead of %(ticket)s") % {"ticket": note_entry(words, ticket)},
                max_length=20,
                required=False,
                widget=forms.TextInput(attrs={"autocomplete": "off", "size": 10}),
                help_text=_("Leave empty to keep this seat."),
            )
        self.order_fields([*self.tickets, "reason"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.wanted = {pk: label for name, pk in self.tickets.items() if (label := cleaned.get(name))}
        if self.payment is None or self.errors:
            return cleaned
        try:
            quote = quote_moves(self.payment, self.wanted)
        except NotMovable as error:
            self._mark(error)
            return cleaned
        if cleaned.get("agreed") != quote.agreed:
            self._ask(quote)
        return cleaned

    def _mark(self, error: NotMovable) -> None:
        for pk, why in error.problems.items():
            self.add_error(f"seat_{pk}", why)
        if not error.problems:
            self.add_error(None, str(error))

    def _ask(self, quote: Quote) -> None:
        """Show what it comes to, and let the next answer say that this was read."""
        self.quote = quote
        answered: Any = self.data
        self.data = {**answered.dict(), "agreed": quote.agreed}
        self.add_error(None, _("Check the preview, then confirm."))

    def details(self) -> dict[str, Any]:
        return {"seats": self.wanted, "agreed": self.cleaned_data["agreed"]}
