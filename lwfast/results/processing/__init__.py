"""What is done with the columns of results."""
