"""What an emitted program stands on: a durable saga runtime over DBOS, free of flowc itself."""
