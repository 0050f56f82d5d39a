"""Recipes that are played at Stripe and at the sandbox, and must come out alike: `sandbox/contract.md`."""
