"""How staff sign in to the admin: password, second factor, and what they see of it."""
