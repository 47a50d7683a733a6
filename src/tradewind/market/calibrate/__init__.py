"""From recorded rows to a preset, by counting."""
