"""What was sold and given back at the counter, and its tills: to be read."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from bookings.event_filter import NearEventFilter
from bookings.money import format_money
from bookings.read_only_admin import ReadOnlyAdmin, ReadOnlyInline
from bookings.staff.access import within_scope
from payments.counter.search import find_sales
from payments.models import CounterReturn, CounterSale, Till
from payments.templatetags.staff import ago


class ReturnInline(ReadOnlyInline):
    model = CounterReturn
    fields = ["at", "amount", "kind", "till", "actor", "reason"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CounterReturn]:
        return super().get_queryset(request).select_related("sale", "till", "actor")


@admin.register(CounterSale)
class CounterSaleAdmin(ReadOnlyAdmin):
    event_path = "booking__event"
    list_display = ["number", "when", "kind", "money", "booking", "seller"]
    list_filter = ["kind", ("booking__event", NearEventFilter), ("seller", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["booking", "seller"]
    list_per_page = 50
    search_fields = ["pk"]
    search_help_text = _("Sale number such as C-000123, booking number, seat, email or name.")
    exclude = ["attempt", "fingerprint"]
    readonly_fields = ["sold_at"]
    inlines = [ReturnInline]

    @admin.display(description=_("Number"), ordering="pk")
    def number(self, sale: CounterSale) -> str:
        return sale.number

    @admin.display(description=_("When"), ordering="sold_at")
    def when(self, sale: CounterSale) -> str:
        return ago(sale.sold_at)

    @admin.display(description=_("Amount"), ordering="amount")
    def money(self, sale: CounterSale) -> str:
        return format_money(sale.amount, sale.currency)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CounterSale], search_term: str
    ) -> tuple[QuerySet[CounterSale], bool]:
        return (find_sales(search_term, queryset) if search_term else queryset), False


@admin.register(CounterReturn)
class CounterReturnAdmin(ReadOnlyAdmin):
    event_path = "sale__booking__event"
    list_display = ["when", "sale", "kind", "money", "actor", "reason"]
    list_filter = ["kind", ("actor", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["sale", "actor"]
    list_per_page = 50
    search_fields = ["sale"]
    exclude = ["form_id"]
    readonly_fields = ["at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CounterReturn]:
        return super().get_queryset(request).prefetch_related("tickets__seat")

    @admin.display(description=_("When"), ordering="pk")
    def when(self, back: CounterReturn) -> str:
        return ago(back.at)

    @admin.display(description=_("Amount"), ordering="amount")
    def money(self, back: CounterReturn) -> str:
        return format_money(back.amount, back.sale.currency)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[CounterReturn], search_term: str
    ) -> tuple[QuerySet[CounterReturn], bool]:
        if not search_term:
            return queryset, False
        return queryset.filter(sale__in=find_sales(search_term, CounterSale.objects.order_by())), False


@admin.register(Till)
class TillAdmin(ReadOnlyAdmin):
    """Tills of all events: staff who are limited to some have only their own, at the counter."""

    list_display = ["person", "opened_at", "closed_at", "expected_money", "counted_money", "over", "note"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter), ("person", admin.RelatedOnlyFieldListFilter)]
    list_select_related = ["person"]
    list_per_page = 50
    search_fields = ["person__username", "signature", "note"]
    readonly_fields = ["opened_at"]

    @admin.display(description=_("Expected"), ordering="expected")
    def expected_money(self, till: Till) -> str:
        return _money(till.expected, till)

    @admin.display(description=_("Counted"), ordering="counted")
    def counted_money(self, till: Till) -> str:
        return _money(till.counted, till)

    @admin.display(description=_("Difference"))
    def over(self, till: Till) -> str:
        return _money(till.difference, till)


def find_sale(request: HttpRequest, typed: str) -> CounterSale | None:
    """Return the only counter sale that matches what was ``typed``, if whoever asks may see it."""
    if not request.user.has_perm("payments.view_countersale"):
        return None
    sales = within_scope(CounterSale.objects.all(), request.user, "booking__event")
    found = list(find_sales(typed, sales)[:2])
    return found[0] if len(found) == 1 else None


def _money(amount: int | None, till: Till) -> str:
    return "–" if amount is None else format_money(amount, till.currency)
