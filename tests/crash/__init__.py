"""The crash test: kill processes during purchases, then compare Stripe's data with the shop's."""
