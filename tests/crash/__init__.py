"""The crash test: purchases go on while processes are killed, and in the end everything tells one story."""
