"""What staff see of payments and memberships, and what they can do about them."""
