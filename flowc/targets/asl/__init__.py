"""From a program to Step Functions state machines, in JSONata, with a template to deploy them."""
