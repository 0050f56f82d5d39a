"""
Changes of an event that its ticket holders must know: it was moved, or called off.

A change is saved with the event in one transaction. From then on the worker deals with its bookings, each
once, until there is none left (``payments.event_changes``).
"""
