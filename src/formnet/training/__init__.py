"""Data sets, Lightning modules and runs."""
