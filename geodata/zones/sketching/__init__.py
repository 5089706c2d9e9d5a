"""Borders drawn by hand: a working copy whose zones tile by construction, edited step by step."""
