"""Write a business process once; check it, draw it, and compile it to durable code."""

__version__ = "0.1.0"
