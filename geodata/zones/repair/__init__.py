"""What has one right answer is mended and listed; the rest is left for people, with the reason."""
