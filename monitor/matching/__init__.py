"""Matching: rule files, packs, and the engine that judges articles."""
