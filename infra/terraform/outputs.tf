output "stage" {
  description = "The stage that the package was made for."
  value       = local.stage
}

output "api_url" {
  description = "Address of the REST API."
  value       = trimsuffix(aws_cloudformation_stack.landfall.outputs["EndpointURL"], "/")
}

output "bucket" {
  description = "The bucket that files land in."
  value       = aws_cloudformation_stack.landfall.outputs["Bucket"]
}

output "dashboard_url" {
  description = "The dashboard."
  value       = aws_cloudformation_stack.landfall.outputs["DashboardUrl"]
}

output "stack" {
  description = "All outputs of the stack, by their names in the template."
  value       = aws_cloudformation_stack.landfall.outputs
}
