"""`lwfast demo`: a walkthrough that is shown as it is run."""
