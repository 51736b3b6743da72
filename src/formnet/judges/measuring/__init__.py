"""A network on temporal distance matrices that says how large each measure is, and how sure it is of that."""
