from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from payments.gateway.billing import subscriptions
from payments.gateway.errors import StripeRefused, StripeUnavailable
from payments.models import Interval, Plan

PLANS: list[dict[str, Any]] = [
    {
        "slug": "friend",
        "name": "Friend",
        "description": "For people who come now and then.",
        "amount": 4800,
        "interval": Interval.YEAR,
        "discount_percent": 10,
        "seats_per_event": 2,
    },
    {
        "slug": "patron",
        "name": "Patron",
        "description": "For people who come to everything, and bring friends.",
        "amount": 1200,
        "interval": Interval.MONTH,
        "discount_percent": 25,
        "seats_per_event": 6,
    },
]


class Command(BaseCommand):
    help = "Create two demo memberships with prices at Stripe, if they're missing."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.STRIPE_SECRET_KEY.startswith(("sk_test_", "rk_test_")):
            raise CommandError("Demo memberships aren't created with a live key. Create plans in the admin.")
        for plan in PLANS:
            if not Plan.objects.filter(slug=plan["slug"]).exists():
                Plan.objects.create(**plan, currency="eur", price_id=self._price_of(plan))
        if options["verbosity"]:
            self.stdout.write(f"{Plan.objects.on_offer().count()} memberships are on offer.")

    def _price_of(self, plan: dict[str, Any]) -> str:
        try:
            return subscriptions.ensure_price(
                f"admit-{plan['slug']}",
                name=plan["name"],
                price=subscriptions.StripePrice(plan["amount"], "eur", plan["interval"]),
            )
        except (StripeUnavailable, StripeRefused) as error:
            raise CommandError(f"Can't create its price at Stripe: {error}") from error
