"""What people tell us."""
