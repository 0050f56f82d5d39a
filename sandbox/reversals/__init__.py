"""Money that goes back: refunds, disputes and early fraud warnings."""
