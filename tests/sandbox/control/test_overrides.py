"""Objects that are shown with values that Stripe may send one day, and with documented nulls."""

from typing import Any

import pytest

from tests.sandbox.support.payments import paid_intent, pay, refund
from tests.sandbox.support.process import Sandbox
from tests.sandbox.support.subscribers import subscribe


def test_an_unknown_status_is_shown_wherever_the_object_is(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    made = refund(sandbox, session_id, amount=1000)
    sandbox.control(f"objects/{made.id}", status="banana", failure_reason=None)

    stored = sandbox.stripe.refunds
    assert stored.retrieve(made.id).status == "banana"
    assert stored.list().data[0].status == "banana"
    charge = sandbox.stripe.charges.retrieve(str(made.charge), {"expand": ["refunds"]})
    assert charge.refunds is not None
    assert charge.refunds.data[0].status == "banana"
    assert sandbox.show("objects?kind=refund")["objects"][0]["status"] == "succeeded"


def test_members_are_null_absent_or_changed_within_a_hash(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    made = refund(sandbox, session_id, amount=1000)
    sandbox.control(f"objects/{made.id}", charge=None, destination_details={"type": "pigeon"})
    sandbox.control(f"objects/{made.id}", absent=["reason"])

    shown = sandbox.api("GET", f"/v1/refunds/{made.id}?expand[0]=charge").json()
    assert shown["charge"] is None
    assert "reason" not in shown
    assert shown["destination_details"]["type"] == "pigeon"
    assert shown["destination_details"]["card"]["type"] == "refund"


def test_events_show_it_too_and_earlier_ones_stay(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    intent = paid_intent(sandbox, session_id)
    before = sandbox.events()
    sandbox.control(f"objects/{intent.id}", status="teleported")
    told = sandbox.control(f"objects/{intent.id}/event", type="payment_intent.succeeded")

    assert told == {"type": "payment_intent.succeeded"}
    assert sandbox.events()[:-1] == before
    assert sandbox.events()[-1]["data"]["object"]["status"] == "teleported"
    assert sandbox.events()[-1]["id"] in sandbox.show("overrides")["shown_in"]


def test_a_subscription_of_the_future_goes_on_renewing(sandbox: Sandbox) -> None:
    subscription = subscribe(sandbox)
    sandbox.control(f"objects/{subscription.id}", status="hibernating")
    renewed = sandbox.control(f"subscriptions/{subscription.id}/renew")
    assert renewed["invoice"]["status"] == "paid"
    shown: Any = sandbox.stripe.subscriptions.retrieve(subscription.id)
    assert shown.status == "hibernating"


def test_an_override_ends(sandbox: Sandbox) -> None:
    session_id = pay(sandbox)
    sandbox.control(f"objects/{session_id}", payment_status="owed")
    assert sandbox.session(session_id).payment_status == "owed"
    assert sandbox.http.delete(f"/_sandbox/objects/{session_id}").json()["objects"] == {}
    assert sandbox.session(session_id).payment_status == "paid"


@pytest.mark.parametrize(
    ("path", "given", "code"),
    [
        ("objects/re_nobody", {"status": "banana"}, 404),
        ("objects/{id}", {}, 400),
        ("objects/{id}", {"absent": "status"}, 400),
        ("objects/re_nobody/event", {"type": "refund.updated"}, 404),
        ("objects/{id}/event", {}, 400),
        ("objects/{id}/event", {"type": "refund.updated", "previous": "none"}, 400),
    ],
)
def test_nonsense_is_refused(sandbox: Sandbox, path: str, given: dict[str, Any], code: int) -> None:
    url = f"/_sandbox/{path.format(id=sandbox.open_session().id)}"
    assert sandbox.http.post(url, json=given).status_code == code
