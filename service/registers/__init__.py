"""Registers 台账: places with an address, which are not problems."""
