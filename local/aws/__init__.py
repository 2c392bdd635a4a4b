"""The laptop's AWS: ministack, the Lambda Invoke endpoint behind it, and its resources."""
