"""
The storm: customers, Stripe, staff, clock and faults in any order, until both books must tell one story.

``make storm`` runs it; ``machine`` has the rules and ``calm`` the end of every run.
"""
