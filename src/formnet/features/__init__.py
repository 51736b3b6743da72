"""Motion → array: what networks are given."""
