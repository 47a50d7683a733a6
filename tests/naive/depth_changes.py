"""The obvious way to find what changed between two books: as dictionaries of price to size."""


def book_of(prices: list[int], sizes: list[int]) -> dict[int, int]:
    return {price: size for price, size in zip(prices, sizes, strict=True) if size > 0}


def changes(before: dict[int, int], after: dict[int, int]) -> set[tuple[int, int]]:
    """Price and new size of every level that changed, 0 where it left."""
    gone = {(price, 0) for price in before if price not in after}
    return gone | {(price, size) for price, size in after.items() if before.get(price) != size}
