"""
Long polling for any view: hold a request until its resource changes.

A view answers with ``conditional`` and names its resource, the *topic*. Code that changes the resource calls
``publish``. In between, ``WaitingLayer`` in front of Django holds the request. See ``docs/architecture.md``.
"""
