"""From a checked program to durable Python on DBOS."""
