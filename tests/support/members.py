"""Create plans and members, from the checkout to the subscription."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from payments.models import Plan, Subscription
from tests.support.sandbox import Event, Sandbox, encode, sign

SECRET = "whsec_new"
GOOD_CARD = "4242424242424242"
FAILS_LATER = "4000000000000341"


def make_price(stripe: Sandbox, *, amount: int = 1200, interval: str = "month") -> str:
    """Create a recurring price at Stripe and return its id."""
    form = {
        "currency": "eur",
        "unit_amount": str(amount),
        "recurring[interval]": interval,
        "product_data[name]": "Friend",
    }
    return stripe._http.post("/v1/prices", data=form).raise_for_status().json()["id"]


def make_plan(stripe: Sandbox, slug: str = "friend", **changes: Any) -> Plan:
    """Create a plan and its price at Stripe: 12.00 EUR a month, presale, 25 % off four seats per event."""
    fields = {"amount": 1200, "interval": "month", "discount_percent": 25, "seats_per_event": 4, **changes}
    price = make_price(stripe, amount=fields["amount"], interval=fields["interval"])
    return Plan.objects.create(name=slug.title(), slug=slug, price_id=price, **fields)


@dataclass
class Member:
    """A signed-in customer with a membership, and the sandbox that has its subscription."""

    user: User
    client: Client
    stripe: Sandbox

    def sign_in(self) -> None:
        self.client.force_login(self.user, backend="customers.backends.MailedCodeBackend")

    def ask_for(self, plan: Plan) -> Any:
        return self.client.post("/api/checkout", {"plan": plan.slug}, content_type="application/json")

    def subscribe(self, plan: Plan, *, card: str = GOOD_CARD) -> str:
        """Subscribe and pay, without delivering events. Return the subscription's id at Stripe."""
        answer = self.ask_for(plan)
        assert answer.status_code == 201, answer.content
        paid = self.stripe.pay(answer.json()["session_id"], card=card)
        return paid["session"]["subscription"]

    def join(self, plan: Plan, *, card: str = GOOD_CARD) -> str:
        """Subscribe, pay and deliver the events. Return the subscription's id at Stripe."""
        subscription_id = self.subscribe(plan, card=card)
        self.hear()
        return subscription_id

    def hear(self) -> None:
        """Deliver all events so far to the shop."""
        for event in self.stripe.events():
            deliver_event(event)

    @property
    def row(self) -> Subscription:
        return Subscription.objects.select_related("plan").filter(customer=self.user).latest("pk")

    def status(self) -> Any:
        return self.client.get("/api/subscription-status").json()

    def do(self, action: str, **how: Any) -> Any:
        """Do something to the subscription in the sandbox, such as ``cancel`` or ``card``."""
        return self.stripe.post(f"/subscriptions/{self.row.subscription_id}/{action}", how)

    def at_stripe(self) -> Any:
        return self.stripe._get(f"/v1/subscriptions/{self.row.subscription_id}")


def make_member(stripe: Sandbox, name: str = "ada") -> Member:
    user = User.objects.create_user(name, f"{name}@example.com")
    member = Member(user, Client(), stripe)
    member.sign_in()
    return member


def make_row(user: User) -> Subscription:
    """Create a membership in the database only, without one at Stripe."""
    plan = Plan.objects.create(name="Friend", slug="friend", price_id="price_1", amount=1200)
    now = timezone.now()
    row = Subscription.objects.create(
        customer=user,
        email=user.email,
        plan=plan,
        price_id=plan.price_id,
        status="active",
        session_id="cs_test_1",
        subscription_id="sub_1",
        stripe_customer_id="cus_1",
        expires_at=now + timedelta(minutes=31),
        period_end=now + timedelta(days=30),
        entitled_until=now + timedelta(days=30),
        checked_at=now,
        next_check_at=now + timedelta(days=1),
    )
    row.changes.create(
        from_status="pending",
        to_status="active",
        from_plan=plan,
        to_plan=plan,
        entitled_until=row.entitled_until,
        cause="webhook",
    )
    return row


def deliver_event(event: Event) -> Any:
    """Sign an event and deliver it to the webhook."""
    body = encode(event)
    headers = {"Stripe-Signature": sign(body, SECRET)}
    return Client().post("/api/webhook/stripe", body, content_type="application/json", headers=headers)


def when(seconds: int) -> datetime:
    """Return a timestamp of Stripe's as a datetime."""
    return datetime.fromtimestamp(seconds, timezone.get_current_timezone())


def leave_behind_a_paid_one(member: Member, plan: Plan) -> str:
    """
    Create a subscription that is paid without the shop knowing, and return its id.

    Its first card is declined, then its invoice is paid at Stripe. No event is delivered.
    """
    member.stripe.decline(member.ask_for(plan).json()["session_id"])
    (left,) = member.stripe.objects("subscription")
    member.stripe.post(f"/subscriptions/{left['id']}/pay", {"card": GOOD_CARD})
    return left["id"]


def have_two(member: Member, plan: Plan) -> tuple[Subscription, Subscription]:
    """
    Give a member two paid subscriptions, and return both rows, the older first.

    The first one is paid only after the customer has cancelled its checkout and begun the second one.
    """
    leave_behind_a_paid_one(member, plan)
    first = member.row
    member.client.get(f"/membership/?cancelled={first.reference}")
    second = member.subscribe(plan)
    for event in member.stripe.events():
        if event["data"]["object"]["id"] == second:
            deliver_event(event)
    member.hear()
    first.refresh_from_db()
    return first, member.row
