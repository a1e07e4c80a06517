"""Names of the stack and of its outputs, for whoever deploys it. Standard library only."""

STACK = "CustomerHub"

API_ID = "ApiId"
API_URL = "ApiUrl"
CUSTOMERS_TABLE = "CustomersTableName"
WORK_TABLE = "WorkTableName"
JOBS_QUEUE = "JobsQueueUrl"
IMPORTS_QUEUE = "ImportsQueueUrl"
DELIVERIES_QUEUE = "DeliveriesQueueUrl"
RUNS_QUEUE = "RunsQueueUrl"
IMPORTS_BUCKET = "ImportsBucketName"
ALARM_TOPIC = "AlarmTopicArn"
ALERTS_TOPIC = "AlertsTopicArn"

PUBLIC_URL = "PublicUrl"
"""Of the parameter, not an output: the base URL that shops send their webhooks to."""
