"""Everything that can go wrong under the three examples, on the real engine."""
