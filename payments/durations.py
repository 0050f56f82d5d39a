"""
How long things may take, and why.

How often Stripe is asked is in ``schedule``, how long a Checkout Session lives in
``gateway.checkout.session_params``.
"""

from datetime import timedelta

from django.conf import settings

# Asking Stripe

# Stripe is asked about one payment or membership once in this time, however many people want it asked.
ASK_INTERVAL = timedelta(seconds=10)
# Longer than any process waits for Stripe, in line and with all its tries: a row without a session then won't
# get one.
ABANDONED_AFTER = timedelta(seconds=100 + settings.STRIPE_LINE_SECONDS)
# If Stripe doesn't know a session, our key may be wrong; but so long after its end nobody can pay it.
MISSING_EXPIRES_AFTER = timedelta(hours=24)

# Signatures that are older than five minutes are refused, so a clock that is behind loses every event.
CLOCK_ERROR_ALLOWED = timedelta(minutes=1)

# Stripe's events

# Longer than applying an event takes. One that isn't applied by then failed, or its process died.
EVENT_RETRY_AFTER = timedelta(minutes=2)
# Stripe delivers within seconds, and tries again within minutes.
EVENT_DELIVERED_WITHIN = timedelta(minutes=10)
# A webhook that was silent longer ago has been looked into, or came back.
WEBHOOK_WATCHED_FOR = timedelta(days=1)
# https://docs.stripe.com/api/events/list
EVENTS_KEPT_BY_STRIPE = timedelta(days=30)
# Stripe may list an event a little later than it dates it.
EVENT_LIST_OVERLAP = timedelta(minutes=5)

# Late

# A worker says every ten seconds that it lives.
WORKER_ALIVE_WITHIN = timedelta(minutes=1)
# A run of the reconciler begins every 20 s and takes seconds, unless thousands of payments are due at once.
RECONCILED_WITHIN = timedelta(minutes=2)
# After its end, a session is asked about within 20 s, and once more 20 s later. Then operators are warned.
SESSION_DECIDED_WITHIN = timedelta(minutes=2)
# For what usually takes seconds: after that customers read what happens next, and staff get an alert, whose
# words say 10 minutes.
LATE_AFTER = timedelta(minutes=10)
# The longest pause between two questions about a session that has ended (``schedule.OVERDUE``). What is still
# undecided then won't mend itself, and fsck names it.
OVERDUE_AFTER = timedelta(minutes=15)
# A door device asks every 20 s. One that holds scans and says nothing may have run down, with them.
DEVICE_SILENT_FOR = timedelta(minutes=10)
# Who was let in twice can be spoken to while they are here; days later nobody remembers.
CONFLICTS_SHOWN_FOR = timedelta(days=7)
# Staff still see money that went back by itself: its customer may ask at the door today.
RETURNED_MONEY_SHOWN_FOR = timedelta(days=1)

# Which tickets a part was about matters until the event, which is sold a year ahead at most.
UNASSIGNED_SHOWN_FOR = timedelta(days=365)
# Who paid and has no ticket may still ask after the event; later there is nothing that staff could give them.
EVENT_ASKED_ABOUT_FOR = timedelta(days=30)
# How long staff see that a refund of a membership failed: nothing here says that they have paid it otherwise.
FAILED_REFUND_SHOWN_FOR = timedelta(days=30)
# How long staff see that a member's mail was refused: nothing here says that they know it otherwise.
REFUSED_MAIL_SHOWN_FOR = timedelta(days=30)

# Seats and memberships

# Seats stay held beyond the session's end, so that a payment of its last second finds them.
HOLD_MARGIN = timedelta(minutes=5)
# Stripe begins the next period at once; this is for its event to reach us.
RENEWAL_MARGIN = timedelta(hours=3)
# From the oldest open invoice, while Stripe tries the card again.
PAST_DUE_GRACE = timedelta(days=7)
# So long before its end, a member gets a mail that the membership ends.
ENDING_SOON = timedelta(days=7)
