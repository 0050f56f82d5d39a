"""
The storm: random sequences of actions by customers, banks and staff, with delays and failures.

After each sequence everything is brought to rest, and Stripe's data must match the shop's. ``make storm``
runs it with Hypothesis: ``actors`` has the actions, ``machine`` the state machine, ``calm`` the end of each
run.
"""
