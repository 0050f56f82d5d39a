"""The payment page of a subscription, as a browser without JavaScript uses it."""

from tests.sandbox.support.pages import GOOD, METHOD, page, words_of
from tests.sandbox.support.process import Obj, Sandbox
from tests.sandbox.support.subscribers import open_offer


def test_the_checkout_page_says_what_recurs(sandbox: Sandbox) -> None:
    session = open_offer(sandbox)
    words = words_of(page(sandbox, f"/c/pay/{session.id}"))
    for expected in ("Subscribe to Test shop", "€12.00 per month", "Total due today €12.00", "Subscribe"):
        assert expected in words
    answer = sandbox.http.post(
        f"/c/pay/{session.id}", data={**GOOD, "email": "ada@example.com", METHOD: "card"}
    )
    assert answer.headers["Location"] == f"http://shop.test/member?session_id={session.id}"
    assert sandbox.session(session.id).status == "complete"


def test_the_checkout_page_of_a_trial_says_what_comes_after(sandbox: Sandbox) -> None:
    session = open_offer(sandbox, subscription_data={"trial_period_days": 14})
    words = words_of(page(sandbox, f"/c/pay/{session.id}"))
    for expected in ("Free until", "Then €12.00 per month", "Start trial", "Card number"):
        assert expected in words
    free: Obj = {"subscription_data": {"trial_period_days": 14}, "payment_method_collection": "if_required"}
    assert "Card number" not in page(sandbox, f"/c/pay/{open_offer(sandbox, **free).id}")
