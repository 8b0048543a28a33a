"""Scenarios: what an analyst tells about a case, played on the real engine without a database, and the picture of what they have covered."""
