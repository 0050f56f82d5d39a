"""
Memberships: subscriptions at Stripe, and what they give here.

``subscribing`` opens them, ``syncing`` brings a row to what Stripe says, ``standing`` says what that gives.
"""
