"""Packs: the words for countries and groups of countries, and what generates them."""
