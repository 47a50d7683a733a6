"""The limit order book: matching engine and depth books as compiled kernels."""
