"""The store: a private PostgreSQL cluster or an external database, its schema and its tables."""
