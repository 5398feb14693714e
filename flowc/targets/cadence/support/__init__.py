"""What flows on Cadence run on, beside what workflow engines share."""
