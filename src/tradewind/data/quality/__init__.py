"""Quality of rows: every check counted in one pass, and a verdict."""
