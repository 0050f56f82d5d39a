WEEKDAY_DATE = "l j F Y"
WEEKDAY_DATE_TIME = "l j F Y, H:i"
WEEKDAY_TIME = "l, H:i"
DATE = "j F Y"
DATE_TIME = "j F Y, H:i"
DAY_TIME = "j F, H:i"
# For deadlines, so that customers abroad know which time zone is meant.
DATE_TIME_WITH_ZONE = "j F Y, H:i T"
DAY_TIME_WITH_ZONE = "j F, H:i T"
WEEKDAY_DAY_TIME_WITH_ZONE = "l j F, H:i T"
TIME_WITH_ZONE = "H:i T"
# A span is SPAN_START, a dash and TIME.
SPAN_START = "H:i"
TIME = "H:i"
# The parts of a calendar's leaf.
LEAF_WEEKDAY = "D"
LEAF_DAY = "j"
LEAF_MONTH = "M Y"
