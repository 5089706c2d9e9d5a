"""Chinese location text to one spelling, with offsets back to what was written."""
