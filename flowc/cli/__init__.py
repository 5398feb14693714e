"""The only room that reads or writes files and prints."""
