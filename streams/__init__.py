"""The steps from a document to a verdict, and the shells that run them."""
