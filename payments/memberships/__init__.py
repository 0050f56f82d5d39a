"""
Memberships: subscriptions at Stripe, and what they give here.

``checkout`` opens them, ``sync`` brings a row to what Stripe says, ``entitlements`` says what that gives.
"""
