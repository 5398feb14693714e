"""From text to what was written, and back."""
