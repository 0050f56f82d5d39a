"""``manage.py stripe_doctor``: is everything between this shop and Stripe set up?"""
