"""Test cards and accounts, payment methods, customers, payment intents, charges, the balance."""
