"""One rule a file: the file, the function and the rule share one name."""
