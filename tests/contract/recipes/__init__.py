"""The recipes, a module for each room of the table."""
