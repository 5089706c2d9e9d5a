"""The queue of texts that a person must place, and what is learned from it."""
