"""From a checked flow to pictures."""
