"""What customers are told of a payment, and what they can do with it: read from the database alone."""
