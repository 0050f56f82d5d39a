"""The pages of the counter: ``/box-office/``, for staff with a tablet and a queue."""
