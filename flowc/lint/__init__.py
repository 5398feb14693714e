"""From a checked flow to findings."""
