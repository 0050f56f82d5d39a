"""What is wrong between this shop and Stripe: the checks of ``manage.py stripe_doctor``."""
