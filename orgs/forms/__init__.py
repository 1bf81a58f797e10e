"""What people fill in about themselves, others and organizations."""
