"""What CloudWatch is to show and to watch."""
