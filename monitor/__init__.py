"""news-monitor: hear within minutes, once, with the evidence, when news breaks about your subject."""

__version__ = "0.1.0"
