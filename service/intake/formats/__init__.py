"""The formats an office's list comes in, one reader each; all run inside the confined child process."""
