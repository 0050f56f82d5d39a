"""The front page."""

from tests.sandbox.support.process import Sandbox


def test_the_front_page_shows_the_latest_sessions(sandbox: Sandbox) -> None:
    assert "No Checkout Session yet." in sandbox.http.get("/").text
    session = sandbox.open_session()
    sandbox.pay(session.id, method="sepa_debit")
    html = sandbox.http.get("/").text
    for words in (f'href="/c/pay/{session.id}"', "€42.00", "<td>complete</td>", "<td>unpaid</td>"):
        assert words in html
    assert "No webhook is waiting." in html
