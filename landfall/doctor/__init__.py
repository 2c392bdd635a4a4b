"""`landfall doctor`: looks at what Landfall needs, and reports what is missing, each with its fix."""
