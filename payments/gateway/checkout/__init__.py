"""What a payment page is opened with: ways to pay, names, and what the owner has switched on."""
