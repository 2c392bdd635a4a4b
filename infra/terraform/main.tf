# The stack landfall-<stage> from the output of `make package`: the same template as without Terraform, with the zip at
# its own key in S3. Everything else is in the template; nothing here names a function, a queue or a role.

locals {
  packaged = file("${var.package}/template.json")
  stage    = jsondecode(local.packaged).Parameters.Stage.Default
  code     = "./deployment.zip"
  # The zip's content gives its key: a new zip has a new key, by which CloudFormation detects that functions changed.
  template = replace(local.packaged, jsonencode(local.code), jsonencode("s3://${var.artifacts_bucket}/${aws_s3_object.code.key}"))

  # A null variable has the template's own default.
  parameters = {
    Versioning          = var.versioning
    KeepProcessedDays   = var.keep_processed_days
    KmsKeyArn           = var.kms_key_arn
    PermissionsBoundary = var.permissions_boundary
    SupportEmail        = var.support_email
    BusinessEmail       = var.business_email
    CreateWarehouse     = var.create_warehouse
    WorkgroupName       = var.workgroup_name
    WorkgroupArn        = var.workgroup_arn
    ClusterIdentifier   = var.cluster_identifier
    Database            = var.database
    BaseCapacity        = var.base_capacity
    MaxCapacity         = var.max_capacity
    SubnetIds           = try(join(",", var.subnet_ids), null)
    SecurityGroupIds    = try(join(",", var.security_group_ids), null)
    CreateAlarms        = var.create_alarms
    CreateGlueDatabase  = var.create_glue_database
    RecordDataEvents    = var.record_data_events
  }

  tags = merge(var.tags, { Environment = local.stage, Project = "landfall" })
}

data "aws_region" "here" {}

data "aws_partition" "here" {}

resource "aws_s3_object" "code" {
  bucket = var.artifacts_bucket
  key    = "landfall/${filesha256("${var.package}/deployment.zip")}.zip"
  source = "${var.package}/deployment.zip"
  tags   = local.tags

  # The old zip is deleted only when the stack no longer needs it: a failed update is rolled back to it.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_s3_object" "template" {
  bucket       = var.artifacts_bucket
  key          = "landfall/${sha256(local.template)}.json"
  content      = local.template
  content_type = "application/json"
  tags         = local.tags

  lifecycle {
    create_before_destroy = true

    precondition {
      condition     = strcontains(local.packaged, jsonencode(local.code))
      error_message = "The template does not name ${local.code}: is it the one that make package has made?"
    }
  }
}

resource "aws_cloudformation_stack" "landfall" {
  name         = "landfall-${local.stage}"
  template_url = "https://s3.${data.aws_region.here.id}.${data.aws_partition.here.dns_suffix}/${var.artifacts_bucket}/${aws_s3_object.template.key}"
  parameters   = { for name, value in local.parameters : name => tostring(value) if value != null }
  capabilities = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
  tags         = local.tags

  # A workgroup of Redshift takes long to create.
  timeouts {
    create = "60m"
    update = "60m"
    delete = "60m"
  }
}

# CloudFormation has no usage limits of Redshift Serverless.
resource "aws_redshiftserverless_usage_limit" "daily" {
  count         = var.daily_rpu_hours == null ? 0 : 1
  resource_arn  = aws_cloudformation_stack.landfall.outputs["WarehouseArn"]
  usage_type    = "serverless-compute"
  amount        = var.daily_rpu_hours
  period        = "daily"
  breach_action = "deactivate"

  lifecycle {
    precondition {
      condition     = var.create_warehouse != false
      error_message = "daily_rpu_hours limits the workgroup that the stack makes: leave it out with create_warehouse = false."
    }
  }
}
