"""Moving what is placed: by a person, by a better gazetteer, or back again; always with its history."""
