"""What customers are told about a payment, and what they can do with it: read from the database alone."""
