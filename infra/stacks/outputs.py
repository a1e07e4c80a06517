"""Names of the stack and of its outputs, for whoever deploys it. Standard library only."""

STACK = "CustomerHub"

API_ID = "ApiId"
API_URL = "ApiUrl"
CUSTOMERS_TABLE = "CustomersTableName"
WORK_TABLE = "WorkTableName"
JOBS_QUEUE = "JobsQueueUrl"
IMPORTS_QUEUE = "ImportsQueueUrl"
IMPORTS_BUCKET = "ImportsBucketName"
ALARM_TOPIC = "AlarmTopicArn"
