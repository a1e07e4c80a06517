"""The application as values: what the entry points hand to the use cases. Tests build the same from doubles."""

from dataclasses import dataclass

from customerhub.ports import Clock, CredentialStore, IdentityStore, RateLimiter, TokenVerifier


@dataclass(frozen=True)
class App:
    """What every function of the HTTP API needs; each function has its own kind, with what else it needs."""

    rate_limiter: RateLimiter
    clock: Clock


@dataclass(frozen=True)
class CustomersApp(App):
    """Find, create, merge, read and change a customer."""

    identities: IdentityStore


@dataclass(frozen=True)
class CredentialApp:
    """What the authorizer and the operator's command need."""

    credentials: CredentialStore
    verifier: TokenVerifier
    clock: Clock
