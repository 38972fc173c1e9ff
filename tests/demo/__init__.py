"""Data: the demo's newspapers: a story told four times, its near misses, and what stood before."""
