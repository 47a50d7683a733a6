"""Statistics that more than one pillar stands on: distributions, filters, losses, intervals, splits."""
