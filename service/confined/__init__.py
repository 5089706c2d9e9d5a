"""Files that strangers sent, parsed in a process of their own: bounded memory, bounded time, no network."""
