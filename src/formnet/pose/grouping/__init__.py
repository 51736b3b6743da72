"""From maps to people: what a network's maps mean, how they are made from labels, and how people are read from them."""
