"""What staff see of payments and memberships, and what they can do to them."""
