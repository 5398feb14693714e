"""From a checked flow to code for a platform."""
