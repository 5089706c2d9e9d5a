"""Zone files in, zone files out: formats, encodings, CRS."""
