"""
Stripe's test cards and their behaviour.

https://docs.stripe.com/testing
"""

from dataclasses import dataclass, field

from sandbox.core import money

AMEX_DIGITS = 9  # of the largest amount


@dataclass(frozen=True)
class Decline:
    """
    Why a card's issuer declined it, in Stripe's codes and words.

    ``network_code`` is the network's own. Only an issuer's decline, which has a ``decline_code``, has one.
    """

    code: str
    decline_code: str | None
    message: str
    advice: str = "try_again_later"
    network_code: str = "01"

    @property
    def codes(self) -> dict[str, str]:
        """Members of an error: the codes, as far as there are any."""
        if self.decline_code is None:
            return {}
        return {
            "advice_code": self.advice,
            "decline_code": self.decline_code,
            "network_decline_code": self.network_code,
        }

    @property
    def seller_message(self) -> str:
        """What the shop's owner is told."""
        if self.decline_code in (None, "generic_decline"):
            return "The bank did not return any further details with this decline."
        return f"The bank returned the decline code `{self.decline_code}`."


GENERIC = Decline("card_declined", "generic_decline", "Your card was declined.")
NO_FUNDS = Decline(
    "card_declined", "insufficient_funds", "Your card has insufficient funds.", network_code="51"
)
LOST = Decline("card_declined", "lost_card", "Your card was declined.", "do_not_try_again", "41")
STOLEN = Decline("card_declined", "stolen_card", "Your card was declined.", "do_not_try_again", "43")
EXPIRED = Decline("expired_card", "expired_card", "Your card has expired.", "confirm_card_data", "54")
WRONG_CVC = Decline(
    "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect.", "confirm_card_data", "N7"
)
TOO_OFTEN = Decline(
    "card_declined",
    "card_velocity_exceeded",
    "Your card was declined for making repeated attempts too frequently or exceeding its amount limit.",
    network_code="61",
)
INCORRECT_NUMBER = Decline("incorrect_number", "incorrect_number", "Your card number is incorrect.")
PROCESSING_ERROR = Decline(
    "processing_error",
    "processing_error",
    "An error occurred while processing your card. Try again in a little bit.",
    network_code="96",
)
NOT_A_TEST_CARD = Decline(
    "card_declined",
    "test_mode_live_card",
    "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid "
    "test cards, visit: https://stripe.com/docs/testing.",
)
NOT_AUTHENTICATED = Decline(
    "payment_intent_authentication_failure",
    None,
    "We are unable to authenticate your payment method. Please choose a different payment method and try "
    "again.",
)


@dataclass(frozen=True)
class Card:
    """
    A test card and its behaviour.

    With ``challenge``, it asks for 3-D Secure before the first charge; with ``rechallenge``, also before each
    charge without the customer. ``decline`` is the answer to a charge, after any challenge. A card that
    ``can_be_saved`` starts a subscription even if it has a ``decline``: only later charges fail. ``effects``
    are kept with the charge for other modules to read, such as ``dispute:fraudulent``.
    """

    number: str
    label: str
    brand: str = "visa"
    country: str = "US"
    funding: str = "credit"
    decline: Decline | None = None
    challenge: bool = False
    rechallenge: bool = False
    can_be_saved: bool = False
    effects: tuple[str, ...] = field(default=())
    is_shown: bool = False  # in the lists on the pages

    @property
    def refusal(self) -> Decline | None:
        """Why the card can't be saved; None if it can."""
        return None if self.can_be_saved else self.decline

    def largest(self, currency: str) -> int:
        """Return the largest amount that the card's network takes."""
        return int(10**AMEX_DIGITS) - 1 if self.brand == "amex" else money.largest(currency)

    @property
    def last4(self) -> str:
        return self.number[-4:]


CARDS: dict[str, Card] = {}


def add(*cards: Card) -> None:
    """Add test cards; a later one replaces an earlier one of the same number."""
    CARDS.update({card.number: card for card in cards})


def find(number: str) -> Card:
    """Return the card with this number. Any but a test card is declined, as in Stripe's test mode."""
    return CARDS.get(number) or Card(number, "Not a test card", decline=NOT_A_TEST_CARD)


def listed(*, saved: bool) -> list[Card]:
    """Return the cards that a page lists: more of them on a page where cards are ``saved``."""
    return [card for card in CARDS.values() if card.is_shown or (saved and card.can_be_saved)]


def passes_luhn(number: str) -> bool:
    """Return whether a card number is well-formed, with a valid check digit."""
    if not (number.isascii() and number.isdigit() and 12 <= len(number) <= 19):
        return False
    digits = [int(digit) for digit in reversed(number)]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0


add(
    Card("4242424242424242", "Succeeds", is_shown=True),
    Card("4000056655665556", "Succeeds (Visa debit)", funding="debit"),
    Card("5555555555554444", "Succeeds (Mastercard)", "mastercard", is_shown=True),
    Card("378282246310005", "Succeeds (American Express)", "amex"),
    Card("4000000000000002", "Declined", decline=GENERIC, is_shown=True),
    Card("4000000000009995", "Declined: insufficient funds", decline=NO_FUNDS, is_shown=True),
    Card("4000000000009987", "Declined: lost card", decline=LOST),
    Card("4000000000009979", "Declined: stolen card", decline=STOLEN),
    Card("4000000000000069", "Declined: expired card", decline=EXPIRED, is_shown=True),
    Card("4000000000000127", "Declined: wrong security code", decline=WRONG_CVC),
    Card("4000000000000119", "Declined: processing error", decline=PROCESSING_ERROR),
    Card("4000000000006975", "Declined: used too often", decline=TOO_OFTEN),
    Card("4000000000000341", "Can be saved, but charging it fails", decline=GENERIC, can_be_saved=True),
    Card(
        "4000002760003184",
        "Asks for 3-D Secure, then succeeds",
        challenge=True,
        rechallenge=True,
        is_shown=True,
    ),
    Card("4000002500003155", "Asks for 3-D Secure, then succeeds", challenge=True),
    Card("4000000000003220", "Asks for 3-D Secure, then succeeds", country="IE", challenge=True),
    Card("4000008400000027", "Asks for 3-D Secure, then succeeds", challenge=True),
    Card("4000008400001629", "Asks for 3-D Secure, then is declined", decline=GENERIC, challenge=True),
    Card("4000008260003178", "Asks for 3-D Secure, then has no funds", decline=NO_FUNDS, challenge=True),
    Card("4000008400001280", "3-D Secure breaks down: declined", decline=GENERIC),
    Card("4000000000003055", "Succeeds without 3-D Secure"),
    Card("4000000000003097", "Succeeds without 3-D Secure"),
    Card("4000000000000077", "Succeeds, money available at once", effects=("available_at_once",)),
    Card("4000003720000278", "Succeeds, money available at once", effects=("available_at_once",)),
    Card("4000000000000259", "Succeeds; disputed as fraud", effects=("dispute:fraudulent",), is_shown=True),
    Card("4000000000002685", "Succeeds; disputed: not received", effects=("dispute:product_not_received",)),
    Card("4000000000001976", "Succeeds; inquiry by the bank", effects=("dispute:inquiry",)),
    Card("4000000000005423", "Succeeds; early fraud warning", effects=("early_fraud_warning",)),
    Card("4000000404000079", "Succeeds; several disputes", effects=("dispute:several",)),
    Card("4000000000007726", "Succeeds; refunds take a while", effects=("refund:pending",), is_shown=True),
    Card("4000000000005126", "Succeeds; refunds fail later", effects=("refund:fails",), is_shown=True),
)
