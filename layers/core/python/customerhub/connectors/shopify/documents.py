"""Every GraphQL document that the connector sends, for version 2026-10 of Shopify's Admin API.

A test validates all of them against that version's schema. `cost` is what Shopify asks for one beforehand, as far as
its rules can be read (an object 1, a list 2 and its rows, a mutation 10; shopify.dev, "API rate limits", read 2026-11);
what it says with each answer counts.
"""

from dataclasses import dataclass

API_VERSION = "2026-10"
"""Stable since 1 October 2026, served until 16 October 2027."""


@dataclass(frozen=True)
class Document:
    """One operation. `row_cost` is what each row of its page costs besides."""

    name: str
    text: str
    cost: int
    row_cost: int = 0


_CUSTOMER = """
  id
  firstName
  lastName
  createdAt
  updatedAt
  state
  tags
  defaultEmailAddress { emailAddress marketingState }
  defaultPhoneNumber { phoneNumber smsMarketingConsent { state } }
  defaultAddress { address1 address2 city provinceCode zip countryCodeV2 company }
"""

CUSTOMER_BY_ID = Document(
    "HubCustomerById",
    f"query HubCustomerById($id: ID!) {{ customer(id: $id) {{ {_CUSTOMER} }} }}",
    cost=5,
)

CUSTOMER_BY_EMAIL = Document(
    "HubCustomerByEmail",
    f"""
    query HubCustomerByEmail($identifier: CustomerIdentifierInput!) {{
      customerByIdentifier(identifier: $identifier) {{ {_CUSTOMER} }}
    }}
    """,
    cost=5,
)

# A row is five objects: 1,000 points, the most of one request, are 199 customers and not the 250 of a page.
CUSTOMERS_PAGE = Document(
    "HubCustomersPage",
    f"""
    query HubCustomersPage($first: Int!, $after: String, $query: String) {{
      customers(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
        nodes {{ {_CUSTOMER} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
    """,
    cost=3,
    row_cost=5,
)

CUSTOMER_SET = Document(
    "HubCustomerSet",
    f"""
    mutation HubCustomerSet($identifier: CustomerSetIdentifiers!, $input: CustomerSetInput!) {{
      customerSet(identifier: $identifier, input: $input) {{
        customer {{ {_CUSTOMER} }}
        userErrors {{ field message code }}
      }}
    }}
    """,
    cost=10,
)

TAGS_ADD = Document(
    "HubTagsAdd",
    f"""
    mutation HubTagsAdd($id: ID!, $tags: [String!]!) {{
      tagsAdd(id: $id, tags: $tags) {{
        node {{ ... on Customer {{ {_CUSTOMER} }} }}
        userErrors {{ field message }}
      }}
    }}
    """,
    cost=10,
)

TAGS_REMOVE = Document(
    "HubTagsRemove",
    f"""
    mutation HubTagsRemove($id: ID!, $tags: [String!]!) {{
      tagsRemove(id: $id, tags: $tags) {{
        node {{ ... on Customer {{ {_CUSTOMER} }} }}
        userErrors {{ field message }}
      }}
    }}
    """,
    cost=10,
)

_ORDER = """
  id
  name
  createdAt
  processedAt
  updatedAt
  cancelledAt
  test
  email
  phone
  displayFinancialStatus
  customer { id }
  shippingAddress { address1 address2 city provinceCode zip countryCodeV2 company }
  currentTotalPriceSet { shopMoney { amount currencyCode } }
"""

ORDER_BY_ID = Document(
    "HubOrderById",
    f"query HubOrderById($id: ID!) {{ order(id: $id) {{ {_ORDER} }} }}",
    cost=5,
)

ORDERS_PAGE = Document(
    "HubOrdersPage",
    f"""
    query HubOrdersPage($first: Int!, $after: String, $query: String) {{
      orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
        nodes {{ {_ORDER} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
    """,
    cost=3,
    row_cost=5,
)

_VARIANTS = "nodes { id title sku price } pageInfo { hasNextPage endCursor }"

PRODUCTS_PAGE = Document(
    "HubProductsPage",
    f"""
    query HubProductsPage($first: Int!, $after: String, $query: String) {{
      shop {{ currencyCode }}
      products(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {{
        nodes {{
          id
          title
          status
          vendor
          productType
          updatedAt
          variants(first: 10) {{ {_VARIANTS} }}
        }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
    """,
    cost=4,
    row_cost=13,
)

PRODUCT_VARIANTS = Document(
    "HubProductVariants",
    f"""
    query HubProductVariants($id: ID!, $first: Int!, $after: String!) {{
      product(id: $id) {{ variants(first: $first, after: $after) {{ {_VARIANTS} }} }}
    }}
    """,
    cost=4,
    row_cost=1,
)

CUSTOMERS_EXPORT = Document(
    "HubCustomersExport",
    f"query HubCustomersExport {{ customers {{ edges {{ node {{ {_CUSTOMER} }} }} }} }}",
    cost=0,
)
"""Runs as a bulk operation, which costs no points. Lists within a record would come as lines of their own: it has
none."""

ORDERS_EXPORT = Document(
    "HubOrdersExport",
    f"query HubOrdersExport {{ orders {{ edges {{ node {{ {_ORDER} }} }} }} }}",
    cost=0,
)

_EXPORT = "id status errorCode query createdAt rootObjectCount url"

EXPORT_START = Document(
    "HubExportStart",
    f"""
    mutation HubExportStart($query: String!) {{
      bulkOperationRunQuery(query: $query, groupObjects: false) {{
        bulkOperation {{ {_EXPORT} }}
        userErrors {{ field message code }}
      }}
    }}
    """,
    cost=10,
)

EXPORT_BY_ID = Document(
    "HubExportById",
    f"query HubExportById($id: ID!) {{ bulkOperation(id: $id) {{ {_EXPORT} }} }}",
    cost=1,
)

EXPORTS_PAGE = Document(
    "HubExportsPage",
    f"""
    query HubExportsPage($first: Int!, $after: String, $query: String) {{
      bulkOperations(first: $first, after: $after, query: $query, sortKey: CREATED_AT, reverse: true) {{
        nodes {{ {_EXPORT} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
    """,
    cost=3,
    row_cost=1,
)

SEGMENTS = Document(
    "HubSegments",
    """
    query HubSegments($first: Int!, $after: String, $query: String!) {
      segments(first: $first, after: $after, query: $query) {
        nodes { id name query }
        pageInfo { hasNextPage endCursor }
      }
    }
    """,
    cost=3,
    row_cost=1,
)

SEGMENT_CREATE = Document(
    "HubSegmentCreate",
    """
    mutation HubSegmentCreate($name: String!, $query: String!) {
      segmentCreate(name: $name, query: $query) {
        segment { id name query }
        userErrors { field message }
      }
    }
    """,
    cost=10,
)

_DISCOUNT = """
  __typename
  ... on DiscountAutomaticBasic {
    title
    status
    tags
    context {
      __typename
      ... on DiscountCustomerSegments { segments { id } }
    }
    customerGets { value { ... on DiscountPercentage { percentage } } }
  }
"""

DISCOUNT_BY_ID = Document(
    "HubDiscountById",
    f"query HubDiscountById($id: ID!) {{ discountNode(id: $id) {{ id discount {{ {_DISCOUNT} }} }} }}",
    cost=10,
)

DISCOUNTS = Document(
    "HubDiscounts",
    f"""
    query HubDiscounts($first: Int!, $after: String, $query: String!) {{
      discountNodes(first: $first, after: $after, query: $query) {{
        nodes {{ id discount {{ {_DISCOUNT} }} }}
        pageInfo {{ hasNextPage endCursor }}
      }}
    }}
    """,
    cost=3,
    row_cost=8,
)

DISCOUNT_CREATE = Document(
    "HubDiscountCreate",
    """
    mutation HubDiscountCreate($discount: DiscountAutomaticBasicInput!) {
      discountAutomaticBasicCreate(automaticBasicDiscount: $discount) {
        automaticDiscountNode { id }
        userErrors { field message code }
      }
    }
    """,
    cost=10,
)

DISCOUNT_UPDATE = Document(
    "HubDiscountUpdate",
    """
    mutation HubDiscountUpdate($id: ID!, $discount: DiscountAutomaticBasicInput!) {
      discountAutomaticBasicUpdate(id: $id, automaticBasicDiscount: $discount) {
        automaticDiscountNode { id }
        userErrors { field message code }
      }
    }
    """,
    cost=10,
)

DISCOUNT_ACTIVATE = Document(
    "HubDiscountActivate",
    """
    mutation HubDiscountActivate($id: ID!) {
      discountAutomaticActivate(id: $id) {
        automaticDiscountNode { id }
        userErrors { field message code }
      }
    }
    """,
    cost=10,
)

DISCOUNT_DEACTIVATE = Document(
    "HubDiscountDeactivate",
    """
    mutation HubDiscountDeactivate($id: ID!) {
      discountAutomaticDeactivate(id: $id) {
        automaticDiscountNode { id }
        userErrors { field message code }
      }
    }
    """,
    cost=10,
)

WEBHOOKS = Document(
    "HubWebhooks",
    """
    query HubWebhooks($first: Int!, $after: String) {
      webhookSubscriptions(first: $first, after: $after) {
        nodes { id topic uri }
        pageInfo { hasNextPage endCursor }
      }
    }
    """,
    cost=3,
    row_cost=1,
)

WEBHOOK_CREATE = Document(
    "HubWebhookCreate",
    """
    mutation HubWebhookCreate($topic: WebhookSubscriptionTopic!, $subscription: WebhookSubscriptionInput!) {
      webhookSubscriptionCreate(topic: $topic, webhookSubscription: $subscription) {
        webhookSubscription { id topic uri }
        userErrors { field message }
      }
    }
    """,
    cost=10,
)

WEBHOOK_DELETE = Document(
    "HubWebhookDelete",
    """
    mutation HubWebhookDelete($id: ID!) {
      webhookSubscriptionDelete(id: $id) {
        deletedWebhookSubscriptionId
        userErrors { field message }
      }
    }
    """,
    cost=10,
)

DOCUMENTS = tuple(value for value in list(globals().values()) if isinstance(value, Document))
