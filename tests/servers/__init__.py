"""Data: real servers for tests, the demo and people who want to play; standard library only."""
