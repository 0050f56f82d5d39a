"""What Stripe's API has, whether or not the sandbox has it too. The lists come from the `stripe` package."""
