"""Portfolio risk: exposure, whose risk it is, stress, what it takes to get out, margin."""
