"""Alerts: planning, wording, sending and retrying them."""
