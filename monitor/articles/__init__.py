"""Articles: plain text, language, and identity."""
