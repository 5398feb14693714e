"""The target `temporal`: flows to workflows of Temporal's Python SDK."""
