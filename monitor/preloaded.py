"""Mechanism: what the server of worker processes makes once, so that each worker inherits it.

Importing this module loads what readers and senders need: spaCy's pipeline, the language model,
the months' names, Apprise's plugins. It is imported in that server alone, where no other thread runs.
"""

from __future__ import annotations

from monitor import reading
from monitor.alerts import send
from monitor.articles import language
from monitor.feeds import months
from monitor.matching import packs
from monitor.matching.recogniser import sentence_around

__all__ = ["reading", "send"]

language.detect_all([("warm", "up")] * 9, packs.languages())  # as many as are told together
months.everywhere()
sentence_around("Warm. Up.", 6, 8)
send.ping()
