"""The money: what a payment, its refunds and disputes have become, and the one road to paid."""
