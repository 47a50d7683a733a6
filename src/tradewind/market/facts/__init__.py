"""How real is a market: stylised facts measured on real and simulated rows alike, with distances."""
