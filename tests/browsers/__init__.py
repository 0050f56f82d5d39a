"""A purchase in Firefox and in WebKit, as their own WebDrivers drive them: ``make browsers``."""
