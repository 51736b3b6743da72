"""Verdicts and comparisons as text, pages, tables, pictures and videos."""
