"""NASDAQ TotalView-ITCH 5.0: the message table, bytes to fields and back, bytes to rows, a synthetic session."""
