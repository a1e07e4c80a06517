"""Names of the stack and of its outputs, for whoever deploys it. Standard library only."""

STACK = "CustomerHub"

API_ID = "ApiId"
API_URL = "ApiUrl"
CUSTOMERS_TABLE = "CustomersTableName"
WORK_TABLE = "WorkTableName"
ALARM_TOPIC = "AlarmTopicArn"
