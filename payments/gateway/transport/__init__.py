"""How requests reach Stripe: within the account's limit, and without a thread where that is possible."""
