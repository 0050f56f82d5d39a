"""The control surface under /_sandbox/, for tests and demonstrations."""
