"""The routes that the addresses of embedded lists lead to."""
