"""
Waiting for a resource to change, for any view.

A view answers with ``conditional`` and names its resource (its *topic*); whoever changes the resource calls
``publish``; ``WaitingLayer`` in front of Django holds requests in between. See ``docs/architecture.md``.
"""
