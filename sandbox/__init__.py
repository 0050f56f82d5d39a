"""
A stand-in for Stripe: its API over HTTP, its hosted payment page and its signed webhooks.

It runs as a process of its own (``python -m sandbox``), moves no money, and shares no code with the shop
it serves. Every module that knows a Stripe object registers itself with ``registry``; ``app`` imports them.
"""
