"""Whose a line along a canal, railway or border is: shares by distance and side."""
