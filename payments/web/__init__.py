"""The pages and the JSON interface for paying, cancelling and memberships."""
