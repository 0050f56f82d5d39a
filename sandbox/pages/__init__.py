"""What a browser shows: the hosted payment page, invoices, the portal and the front page."""
