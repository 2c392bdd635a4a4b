variable "package" {
  description = "Directory that `make package` has made, such as build/out-prod."
  type        = string
}

variable "artifacts_bucket" {
  description = "Your bucket for the zip and the template, in the region of the stack."
  type        = string
}

variable "tags" {
  description = "Tags besides Environment and Project."
  type        = map(string)
  default     = {}
}

variable "daily_rpu_hours" {
  description = "RPU-hours a day after which the workgroup refuses queries until the next day (UTC); null sets no limit."
  type        = number
  default     = null
}

# ---- parameters of the template; null is its own default -----------------------------------------------------------

variable "versioning" {
  description = "Versioning of the landing bucket. Suspended saves storage, but loses files overwritten before they are read."
  type        = string
  default     = null
}

variable "keep_processed_days" {
  description = "Days after which plans and good rows below processed/ are deleted. The files are in archive/."
  type        = number
  default     = null
}

variable "kms_key_arn" {
  description = "Your KMS key for bucket, queues, topics, table, secret and warehouse; empty for keys of AWS."
  type        = string
  default     = null
}

variable "permissions_boundary" {
  description = "ARN of the policy that bounds every role; empty for none."
  type        = string
  default     = null
}

variable "support_email" {
  description = "Receives failures and alarms; empty for none. AWS sends a mail to confirm."
  type        = string
  default     = null
}

variable "business_email" {
  description = "Receives notifications of loaded files; empty for none."
  type        = string
  default     = null
}

variable "create_warehouse" {
  description = "Make a Redshift Serverless namespace and workgroup. With false, workgroup_name and workgroup_arn name yours."
  type        = bool
  default     = null
}

variable "workgroup_name" {
  description = "Your workgroup, if none is made. Its namespace must have the COPY role (output CopyRole of the stack)."
  type        = string
  default     = null
}

variable "workgroup_arn" {
  description = "ARN of your workgroup, if none is made; it ends with an id, not with the name."
  type        = string
  default     = null
}

variable "cluster_identifier" {
  description = "Your provisioned cluster, instead of a workgroup. It must have the COPY role (output CopyRole of the stack)."
  type        = string
  default     = null
}

variable "database" {
  description = "Redshift database."
  type        = string
  default     = null
}

variable "base_capacity" {
  description = "RPUs of the workgroup while it works, 4 or a multiple of 8."
  type        = number
  default     = null
}

variable "max_capacity" {
  description = "The most RPUs to which Redshift scales the workgroup, 4 or a multiple of 8; it bounds the cost."
  type        = number
  default     = null
}

variable "subnet_ids" {
  description = "Subnets of the workgroup, three in three zones; empty for those of the default VPC."
  type        = list(string)
  default     = null
}

variable "security_group_ids" {
  description = "Security groups of the workgroup; empty for the default VPC's."
  type        = list(string)
  default     = null
}

variable "create_alarms" {
  description = "Make the alarms."
  type        = bool
  default     = null
}

variable "create_glue_database" {
  description = "Make a Glue database, so that Redshift Spectrum and Athena can read the bucket."
  type        = bool
  default     = null
}

variable "record_data_events" {
  description = "Have CloudTrail record each read and write of an object, with its caller. It costs by the event."
  type        = bool
  default     = null
}
