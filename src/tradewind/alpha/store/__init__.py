"""Values with two times, when they are about and when they were known; nothing is told before it was known."""
