"""When an event is: its time zone, its times in words, and times as people type them."""
