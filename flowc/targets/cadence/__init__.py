"""The target `cadence`: flows to workflows of Cadence's Python client."""
