"""What is wrong with a zone file: defects with their area and place. Nothing is mended here."""
