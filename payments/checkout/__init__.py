"""From a customer's choice to a Checkout Session, once more for what failed, and back out again."""
