"""Dragnet rounds 拉网排查: every place of some classes in some zones is looked at once within some days."""
