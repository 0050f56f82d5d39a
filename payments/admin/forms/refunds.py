"""What staff fill in about refunds: how much goes back, for which tickets, or which refund is meant."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bookings.models import Ticket, TicketStatus
from bookings.models.ticket import TicketQuerySet
from bookings.money import format_money
from bookings.tickets.presence import note_entry, with_entries
from bookings.typed_money import MoneyField
from payments.admin.forms.actions import ActionForm
from payments.ledger.refunds import refundable_amount, refundable_tickets, retriable_refunds
from payments.models import Dispute, Payment, Refund


class TicketsField(forms.ModelMultipleChoiceField):
    """Tickets to choose from, each with what was paid for it."""

    widget = forms.CheckboxSelectMultiple
    prices: Mapping[int, int] = {}
    currency = ""

    def label_from_instance(self, obj: Any) -> str:
        price = self.prices.get(obj.seat_id)
        words = (
            f"{obj.seat.label}, {format_money(price, self.currency)}" if price is not None else obj.seat.label
        )
        return note_entry(words, obj)


class RefundField(forms.ModelChoiceField):
    """One of a few refunds or disputes to choose."""

    widget = forms.RadioSelect

    def label_from_instance(self, obj: Any) -> str:
        why = getattr(obj, "error_message", "") or obj.get_status_display()
        return f"{format_money(obj.amount, obj.currency)}, {obj.created_at:%Y-%m-%d %H:%M}: {why}"


def _live(payment: Payment) -> TicketQuerySet:
    return _with_seats(payment.booking.tickets.exclude(status=TicketStatus.VOID))


def _with_seats(tickets: TicketQuerySet) -> TicketQuerySet:
    return with_entries(tickets.select_related("seat__event").defer("qr_png"))


def _prices(payment: Payment) -> dict[int, int]:
    """Return what was paid for each seat, by its id."""
    return {booked.seat_id: booked.worth for booked in payment.booking.booked_seats.current()}


class RefundForm(ActionForm):
    """Asks how much goes back, twice."""

    ALL, TICKETS, PART = "all", "tickets", "part"

    what = forms.ChoiceField(
        label=gettext_lazy("What do you want to refund?"), widget=forms.RadioSelect, initial=ALL
    )
    tickets = TicketsField(
        label=gettext_lazy("Which tickets?"), queryset=Ticket.objects.none(), required=False
    )
    amount = MoneyField(label=gettext_lazy("Amount"), required=False)
    again = MoneyField(
        label=gettext_lazy("Type the refund amount to confirm"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        help_text=gettext_lazy("To make sure it’s the amount you mean."),
    )
    field_order = ["what", "tickets", "amount", "again", "reason"]
    let_in: Sequence[str] = ()

    def offer(self, payment: Payment) -> None:
        # Nothing was received for an unpaid one: a form that was opened before is refused later.
        self.currency = payment.currency_received or payment.currency
        self.left = refundable_amount(payment)
        fields: dict[str, Any] = self.fields
        fields["amount"].currency = fields["again"].currency = fields["tickets"].currency = self.currency
        fields["amount"].help_text = _("Up to %(left)s.") % {"left": self._spell(self.left)}
        whole = (self.ALL, _("Everything: %(left)s") % {"left": self._spell(self.left)})
        part = (self.PART, _("An amount: all tickets stay valid"))
        if not payment.has_bought:
            del fields["tickets"]
            fields["what"].choices = [whole, part]
            return
        tickets = fields["tickets"].queryset = _with_seats(refundable_tickets(payment))
        labels = [(ticket.seat.label, note_entry(ticket.seat.label, ticket)) for ticket in tickets]
        self.let_in = [words for label, words in labels if words != label]
        fields["tickets"].prices = self.prices = _prices(payment)
        fields["what"].choices = [whole, (self.TICKETS, _("Selected tickets")), part]

    def _spell(self, amount: int) -> str:
        return format_money(amount, self.currency)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        goes_back = self._sum(cleaned)
        if goes_back is None:
            return cleaned
        is_free = goes_back == 0 and cleaned["what"] != self.PART  # Tickets that nothing was paid for.
        if not (is_free or 0 < goes_back <= self.left):
            self.add_error("what", _("Enter an amount up to what’s left."))
        elif "again" in cleaned and cleaned["again"] != goes_back:
            words = _("You chose %(sum)s but typed %(typed)s.")
            numbers = {"sum": self._spell(goes_back), "typed": self._spell(cleaned["again"])}
            self.add_error("again", words % numbers)
        return cleaned

    def _sum(self, cleaned: Mapping[str, Any]) -> int | None:
        """Return what would go back; None, with an error added, if the form doesn't say it."""
        match cleaned.get("what"):
            case self.ALL:
                return self.left
            case self.TICKETS if cleaned.get("tickets"):
                return sum(self.prices.get(ticket.seat_id, 0) for ticket in cleaned["tickets"])
            case self.TICKETS:
                self.add_error("tickets", _("Choose at least one ticket."))
            case self.PART if cleaned.get("amount"):
                return int(cleaned["amount"])
            case self.PART if "amount" not in self.errors:
                self.add_error("amount", _("Enter the amount."))
        return None

    def details(self) -> dict[str, Any]:
        match self.cleaned_data["what"]:
            case self.TICKETS:
                return {"tickets": list(self.cleaned_data["tickets"])}
            case self.PART:
                return {"amount": self.cleaned_data["amount"]}
        return {}


class WaiveRefundForm(ActionForm):
    refund = RefundField(label=gettext_lazy("Which refund?"), queryset=Refund.objects.none())
    field_order = ["refund", "reason"]

    def offer(self, payment: Payment) -> None:
        _choose_from(self, "refund", payment.refunds.broken())

    def details(self) -> dict[str, Any]:
        return {"refund": self.cleaned_data["refund"]}


class RetryRefundForm(WaiveRefundForm):
    """Offers only what could be sent: each with what is left of it."""

    def offer(self, payment: Payment) -> None:
        retriable = retriable_refunds(payment)
        _choose_from(self, "refund", Refund.objects.filter(pk__in=retriable))
        lines = [
            _("Would send %(amount)s.") % {"amount": format_money(amount, payment.currency_received)}
            for amount in retriable.values()
        ]
        self.fields["refund"].help_text = " ".join(lines)


class AssignRefundForm(ActionForm):
    refund = RefundField(label=gettext_lazy("Which refund?"), queryset=Refund.objects.none())
    tickets = TicketsField(
        label=gettext_lazy("Which tickets was it for? None if it was goodwill."),
        queryset=Ticket.objects.none(),
        required=False,
    )
    field_order = ["refund", "tickets", "reason"]

    def offer(self, payment: Payment) -> None:
        _choose_from(self, "refund", payment.refunds.unassigned())
        fields: dict[str, Any] = self.fields
        fields["tickets"].queryset = _live(payment)
        fields["tickets"].prices, fields["tickets"].currency = _prices(payment), payment.currency

    def details(self) -> dict[str, Any]:
        tickets: Collection[Ticket] = list(self.cleaned_data["tickets"])
        return {"refund": self.cleaned_data["refund"], "tickets": tickets}


class AssignDisputeForm(ActionForm):
    dispute = RefundField(label=gettext_lazy("Which dispute?"), queryset=Dispute.objects.none())
    tickets = TicketsField(
        label=gettext_lazy("Which tickets is it about? None if none."),
        queryset=Ticket.objects.none(),
        required=False,
    )
    field_order = ["dispute", "tickets", "reason"]

    def offer(self, payment: Payment) -> None:
        _choose_from(self, "dispute", payment.disputes.assignable())
        fields: dict[str, Any] = self.fields
        fields["tickets"].queryset = _live(payment)
        fields["tickets"].prices, fields["tickets"].currency = _prices(payment), payment.currency

    def details(self) -> dict[str, Any]:
        tickets: Collection[Ticket] = list(self.cleaned_data["tickets"])
        return {"dispute": self.cleaned_data["dispute"], "tickets": tickets}


def _choose_from(form: ActionForm, name: str, rows: QuerySet[Any]) -> None:
    fields: dict[str, Any] = form.fields
    fields[name].queryset = rows
    fields[name].empty_label = None
    if len(rows) == 1:
        fields[name].initial = rows[0]
