"""What subscriptions need at Stripe besides themselves: their customers, and the money of their invoices."""
