"""What readers are made of: bytes, CSV columns, JSON in chunks, books to rows, exact steps."""
