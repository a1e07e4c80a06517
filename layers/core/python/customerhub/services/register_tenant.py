"""An operator takes a merchant in."""

from customerhub.domain.credentials import Issuer, check_issuer_url
from customerhub.domain.tenant import Tenant, tenant_id
from customerhub.errors import GuardFailed, InvalidInput
from customerhub.ports import CredentialStore


def register_tenant(tenant: Tenant, issuer: Issuer | None, *, store: CredentialStore) -> None:
    """Register a tenant and its identity provider, or change them; idempotent by the tenant's id.

    Raises InvalidInput for a bad id, region or URL, and for an issuer that is another tenant's.
    """
    tenant_id(tenant.id)
    if len(tenant.region) != 2 or not tenant.region.isalpha() or not tenant.region.isupper():
        raise InvalidInput("an ISO 3166 code of two capital letters", field="region")
    if tenant.default_area_code is not None and not tenant.default_area_code.isdecimal():
        raise InvalidInput("digits only", field="area-code")
    if issuer:
        check_issuer_url(issuer.url, "issuer")
        check_issuer_url(issuer.jwks_url, "jwks-url")
    try:
        store.put_tenant(tenant, issuer)
    except GuardFailed as error:
        raise InvalidInput("this issuer belongs to another tenant", field="issuer") from error
