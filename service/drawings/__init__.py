"""Borders drawn in the browser: working copies, their steps, pictures to trace over, and signing them off."""
