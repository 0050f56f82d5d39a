"""What the benchmarks share: a running shop, a light client, and how results are told."""
