"""What tells the functions of a user in the steps of a campaign from others."""
