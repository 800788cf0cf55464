"""Raw rows to observations to series: what was published about a place, and when it was known."""
