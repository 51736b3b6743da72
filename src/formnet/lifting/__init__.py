"""From joints in the picture to joints in metres: the lifters, their network, and how lifting is measured."""
