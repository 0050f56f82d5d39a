"""The fuzz test: requests that nobody means, against a running shop, which must not fail over any of them."""
