"""Market data in, clean rows out: readers, catalog, calendars, quality, splits."""
