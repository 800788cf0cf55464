"""The brief for the leading group, two A4 pages in Word: findings, risks, unknowns."""
