"""What the flows of this package run on."""
