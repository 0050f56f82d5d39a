"""
A stand-in for Stripe: its API over HTTP, its hosted payment page and its signed webhooks.

It runs as a process of its own (``python -m sandbox``), moves no money, and shares no code with the shop
it serves. Each module that implements a Stripe object registers its routes, timers and listeners with
``core.registry``; ``app`` imports them all.
"""
