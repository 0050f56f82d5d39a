"""Health checks, warnings and metrics, for load balancers and Prometheus."""
