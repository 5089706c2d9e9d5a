"""Kinds of problems in the service: the office's own rules, whose a kind is, reading anew."""
