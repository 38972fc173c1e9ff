"""A score server: publishers of many habits, and a table of how politely a reader asked them."""
