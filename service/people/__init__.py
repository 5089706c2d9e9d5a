"""The people of an office: who they are, what is theirs, who is missing; first passwords; lists of people."""
