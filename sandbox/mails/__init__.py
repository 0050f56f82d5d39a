"""The mails that the shop wrote into a folder instead of sending them. They are only read."""
