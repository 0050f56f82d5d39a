"""From an HTTP request to Stripe's reply: keys, limits, idempotency, faults, the journal."""
