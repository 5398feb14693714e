"""What flows on Temporal run on, beside what workflow engines share."""
