"""The spatial domain of Qingtu: text to place, place to zone, places to patterns.

Pure: no web, no database, no drawing, no settings, no clock.
"""
