"""What is sold: products, prices, their intervals and a session's line items."""
