"""Feeds: fetching, reading and scheduling them."""
