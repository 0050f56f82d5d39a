"""A season at a box office, played in the sandbox: everything that its objects and events can be about."""

from collections.abc import Callable, Iterator
from typing import Any

import stripe

from tests.sandbox.support.payments import pay, refund
from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.subscribers import open_offer, plan, subscribe

Scene = Callable[[Sandbox], None]
CARDS = ("4242424242424242", "5555555555554444", "378282246310005")
DECLINED = ("4000000000000002", "4000000000009995", "4000000000000119")
DISPUTED = (
    "4000000000000259",
    "4000000000002685",
    "4000000000001976",
    "4000000404000079",
    "4000000000005423",
)
DAY = 24 * 3_600  # s


def scenes() -> Iterator[Scene]:
    """Yield the scenes in their order; ``departures`` comes last."""
    yield from (
        customers,
        sales,
        refused_cards,
        three_d_secure,
        slow_payments,
        holds,
        reductions,
        expired_sessions,
    )
    yield from (
        refunds,
        disputes,
        memberships,
        failing_memberships,
        plans_changed,
        portal,
        staff,
        catalog,
    )


def customers(sandbox: Sandbox) -> None:
    """Customers with addresses and cards; one is deleted."""
    address: Any = {"line1": "Musterweg 3", "city": "Wien", "postal_code": "1010", "country": "AT"}
    for number in range(3):
        params: Any = {"email": f"guest{number}@example.com", "name": f"Guest {number}", "address": address}
        made = sandbox.stripe.customers.create(params)
        for card in ("pm_card_visa", "pm_card_mastercard"):
            sandbox.stripe.payment_methods.attach(card, {"customer": made.id})
    sandbox.stripe.customers.update(made.id, {"name": "Nobody", "metadata": {"left": "yes"}})
    method = sandbox.stripe.customers.payment_methods.list(made.id).data[0]
    sandbox.stripe.payment_methods.detach(method.id)
    sandbox.stripe.customers.delete(made.id)


def sales(sandbox: Sandbox) -> None:
    """Seats for guests and for customers, in several currencies."""
    for number, card in enumerate(CARDS * 2):
        pay(sandbox, card, client_reference_id=f"BOOKING-{number}")
    pay(sandbox, customer_creation="always")
    known: Any = sandbox.stripe.customers.list({"limit": 1}).data[0]
    pay(sandbox, customer=known.id, customer_email=None)
    price: Any = {"currency": "jpy", "unit_amount": 4200, "product_data": {"name": "Seat A-1"}}
    pay(sandbox, line_items=[{"price_data": price, "quantity": 1}])


def refused_cards(sandbox: Sandbox) -> None:
    for card in DECLINED:
        session = sandbox.open_session()
        sandbox.pay(session.id, card=card)
    sandbox.pay(session.id)
    sandbox.advance(4)


def three_d_secure(sandbox: Sandbox) -> None:
    for passes in (True, False):
        session = sandbox.open_session()
        sandbox.pay(session.id, card="4000002760003184")
        sandbox.control(f"sessions/{session.id}/{'complete_3ds' if passes else 'fail'}")


def slow_payments(sandbox: Sandbox) -> None:
    """Bank debits that come, and that don't."""
    for outcome in ("succeeded", "failed"):
        session = sandbox.open_session()
        sandbox.pay(session.id, method="sepa_debit", outcome=outcome)
        sandbox.advance(20)


def holds(sandbox: Sandbox) -> None:
    """Payments that are authorised: captured, canceled, and forgotten."""
    for ending in ("capture", "cancel", ""):
        session = pay(sandbox, payment_intent_data={"capture_method": "manual"})
        intent = str(sandbox.session(session).payment_intent)
        if ending:
            getattr(sandbox.stripe.payment_intents, ending)(intent)
    sandbox.advance(8 * DAY)


def reductions(sandbox: Sandbox) -> None:
    """Coupons, promotion codes, a total of nothing, and invoices for payments."""
    quarter = sandbox.stripe.coupons.create({"percent_off": 25, "duration": "once", "name": "Quarter"})
    off: Any = {"amount_off": 500, "currency": "eur", "duration": "repeating", "duration_in_months": 3}
    sandbox.stripe.coupons.create(off)
    everything = sandbox.stripe.coupons.create({"percent_off": 100, "duration": "forever"})
    code: Any = {"promotion": {"type": "coupon", "coupon": quarter.id}, "code": "SPRING"}
    sandbox.stripe.promotion_codes.create(code)
    pay(sandbox, discounts=[{"coupon": quarter.id}])
    pay(sandbox, discounts=[{"coupon": everything.id}])
    session = sandbox.open_session(allow_promotion_codes=True)
    sandbox.pay(session.id, promotion_code="SPRING")
    pay(sandbox, invoice_creation={"enabled": True}, customer_creation="always")


def expired_sessions(sandbox: Sandbox) -> None:
    sandbox.stripe.checkout.sessions.expire(sandbox.open_session().id)
    sandbox.open_session()
    sandbox.advance(DAY + 1)


def refunds(sandbox: Sandbox) -> None:
    """All of it, parts, slow ones, failing ones."""
    refund(sandbox, pay(sandbox))
    session = pay(sandbox)
    refund(sandbox, session, amount=1000, reason="requested_by_customer")
    refund(sandbox, session, amount=500, metadata={"part": "2"})
    for card in ("4000000000007726", "4000000000005126"):
        refund(sandbox, pay(sandbox, card))
    sandbox.advance(60)


def disputes(sandbox: Sandbox) -> None:
    """Disputes, inquiries and warnings; won, lost and given up."""
    for card in DISPUTED:
        pay(sandbox, card)
    sandbox.advance(60)
    opened = [it for it in sandbox.stripe.disputes.list({"limit": 10}).data if it.status == "needs_response"]
    for dispute, words in zip(opened, ("winning_evidence", "losing_evidence"), strict=False):
        evidence: Any = {"evidence": {"uncategorized_text": words}, "submit": True}
        sandbox.stripe.disputes.update(dispute.id, evidence)
    sandbox.stripe.disputes.close(opened[-1].id)
    sandbox.advance(60)


def memberships(sandbox: Sandbox) -> None:
    """Memberships that renew, with and without a trial, by month and by year."""
    friend, patron = plan(sandbox), plan(sandbox, amount=12_000, interval="year", name="Patron")
    for price, more in ((friend, {}), (patron, {}), (friend, {"trial_period_days": 14})):
        data: Any = {"metadata": {"membership": "m1"}, **more}
        made = subscribe(sandbox, price, subscription_data=data)
        sandbox.control(f"subscriptions/{made.id}/renew")
    half = sandbox.stripe.coupons.create({"percent_off": 50, "duration": "forever"})
    subscribe(sandbox, friend, discounts=[{"coupon": half.id}])
    sandbox.advance(35 * DAY)


def failing_memberships(sandbox: Sandbox) -> None:
    """Renewals that are declined: paid in the end, or not at all."""
    for ending in ("pay", ""):
        made = subscribe(sandbox)
        sandbox.control(f"subscriptions/{made.id}/fail")
        if ending:
            sandbox.control(f"subscriptions/{made.id}/{ending}", card="4242424242424242")
        else:
            sandbox.control(f"subscriptions/{made.id}/card", card="4000000000000341")
            sandbox.advance(14 * DAY)
    session = open_offer(sandbox)
    sandbox.pay(session.id, card="4000000000000002")
    sandbox.advance(DAY)


def plans_changed(sandbox: Sandbox) -> None:
    """Another plan, with a proration on the next invoice; a pause."""
    made, dearer = subscribe(sandbox), plan(sandbox, amount=2400, name="Patron")
    sandbox.advance(10 * DAY)
    sandbox.control(f"subscriptions/{made.id}/plan", price=dearer, proration_behavior="create_prorations")
    sandbox.control(f"subscriptions/{made.id}/renew")
    sandbox.control(f"subscriptions/{made.id}/pause", collection="void")
    sandbox.control(f"subscriptions/{made.id}/resume")


def portal(sandbox: Sandbox) -> None:
    """What a member does in the portal: another card, cancel, keep."""
    made = subscribe(sandbox)
    sandbox.stripe.billing_portal.sessions.create({"customer": str(made.customer)})
    sandbox.control(f"subscriptions/{made.id}/card", card="5555555555554444")
    sandbox.control(f"subscriptions/{made.id}/cancel")
    sandbox.control(f"subscriptions/{made.id}/keep")
    sandbox.control(f"subscriptions/{made.id}/cancel", now=True)


def staff(sandbox: Sandbox) -> None:
    """What the owner does in the Dashboard: subscriptions by hand, also with invoices that are sent."""
    price = plan(sandbox)
    customer = sandbox.stripe.customers.create({"email": "staff@example.com", "name": "By hand"})
    method = sandbox.stripe.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    chosen: Any = {"invoice_settings": {"default_payment_method": method.id}}
    sandbox.stripe.customers.update(customer.id, chosen)
    line: Any = {"customer": customer.id, "items": [{"price": price}]}
    sandbox.stripe.subscriptions.create(line)
    sandbox.stripe.subscriptions.create({**line, "collection_method": "send_invoice", "days_until_due": 14})
    sandbox.control(f"customers/{customer.id}", name="By another hand")
    sandbox.advance(2 * 3_600)


def catalog(sandbox: Sandbox) -> None:
    product = sandbox.stripe.products.create({"name": "Programme", "description": "Printed"})
    price = sandbox.stripe.prices.create({"product": product.id, "currency": "eur", "unit_amount": 300})
    sandbox.stripe.products.update(product.id, {"name": "Programme, printed"})
    sandbox.stripe.prices.update(price.id, {"active": False})


def departures(sandbox: Sandbox) -> None:
    """
    Subscriptions end, customers leave, codes are switched off.

    Whoever comes later can't know the customers that have left, and dj-stripe can't store their invoices
    then, even from Stripe.
    """
    running: list[stripe.Subscription] = sandbox.stripe.subscriptions.list({"status": "active"}).data
    sandbox.stripe.subscriptions.cancel(running[0].id)
    sandbox.stripe.customers.delete(str(running[-1].customer))
    code = sandbox.stripe.promotion_codes.list().data[0]
    sandbox.stripe.promotion_codes.update(code.id, {"active": False})
    sandbox.advance(60)
