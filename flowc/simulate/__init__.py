"""What can happen: outcomes, stories and times of a flow."""
