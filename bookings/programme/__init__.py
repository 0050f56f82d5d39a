"""What is on: the events ahead as visitors browse them, with what tickets cost and what is left."""
