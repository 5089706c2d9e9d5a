"""From a profile to a running office: init."""
