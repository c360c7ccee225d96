"""What people and machines talk to over HTTP."""
