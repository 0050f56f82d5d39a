"""Opening a Checkout Session for seats, trying again after a failure, and cancelling."""
