"""Training places, and photos of them from a simulated camera aboard the ISS. Needs no torch."""
