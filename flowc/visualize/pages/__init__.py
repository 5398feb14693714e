"""Flows to pages of Markdown that people read before, and while, something goes wrong."""
