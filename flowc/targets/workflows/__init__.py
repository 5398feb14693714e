"""What workflow engines in Python share: bodies, and the runtime that runs them."""
