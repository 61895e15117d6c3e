"""What people may ask for, what is kept of them, and for how long."""
