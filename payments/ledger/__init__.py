"""What has become of a payment, its refunds and its disputes, and the one function that makes it paid."""
