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
  tags
  defaultEmailAddress { emailAddress }
  defaultPhoneNumber { phoneNumber }
  defaultAddress { address1 address2 city provinceCode zip countryCodeV2 company }
"""

CUSTOMER_BY_ID = Document(
    "HubCustomerById",
    f"query HubCustomerById($id: ID!) {{ customer(id: $id) {{ {_CUSTOMER} }} }}",
    cost=4,
)

CUSTOMER_BY_EMAIL = Document(
    "HubCustomerByEmail",
    f"""
    query HubCustomerByEmail($identifier: CustomerIdentifierInput!) {{
      customerByIdentifier(identifier: $identifier) {{ {_CUSTOMER} }}
    }}
    """,
    cost=4,
)

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
    row_cost=4,
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
    """
    mutation HubTagsAdd($id: ID!, $tags: [String!]!) {
      tagsAdd(id: $id, tags: $tags) {
        node { ... on Customer { tags updatedAt } }
        userErrors { field message }
      }
    }
    """,
    cost=10,
)

TAGS_REMOVE = Document(
    "HubTagsRemove",
    """
    mutation HubTagsRemove($id: ID!, $tags: [String!]!) {
      tagsRemove(id: $id, tags: $tags) {
        node { ... on Customer { tags updatedAt } }
        userErrors { field message }
      }
    }
    """,
    cost=10,
)

ORDERS_PAGE = Document(
    "HubOrdersPage",
    """
    query HubOrdersPage($first: Int!, $after: String, $query: String) {
      orders(first: $first, after: $after, query: $query, sortKey: UPDATED_AT) {
        nodes {
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
          currentTotalPriceSet { shopMoney { amount currencyCode } }
        }
        pageInfo { hasNextPage endCursor }
      }
    }
    """,
    cost=3,
    row_cost=4,
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

DOCUMENTS = tuple(value for value in list(globals().values()) if isinstance(value, Document))
