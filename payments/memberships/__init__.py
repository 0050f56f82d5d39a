"""
Memberships: subscriptions at Stripe, and what they give here.

``checkout`` opens them, ``sync`` keeps their rows up to date with Stripe, ``entitlements`` says until when
they give a plan's benefits, and ``benefits`` what those are.
"""
