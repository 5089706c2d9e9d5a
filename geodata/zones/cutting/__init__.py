"""Lines and areas cut at the borders of zones."""
