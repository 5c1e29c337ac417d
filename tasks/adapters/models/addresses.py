"""Which model is meant by a name and an address, and what does a model of one's own cost?"""

import ipaddress
from urllib.parse import urlsplit

from tasks.adapters.models.prices import mapped_price, price_map
from tasks.domain.errors import WrongInput

OPENAI_PROTOCOL = "hosted_vllm"
"""LiteLLM's prefix for any endpoint that speaks OpenAI's protocol."""
KNOWN = frozenset({OPENAI_PROTOCOL, "openai"})
IN_PROCESS = ("embedded/", "callable/")
"""Begin the names of models that run in this process; their address is a folder."""


def named_model(model: str, api_base: str | None) -> str:
    """The model with its provider before it: one that an address serves under a name of its own needs none.

    Raises WrongInput for an address that is none.
    """
    if api_base is None or model.startswith(IN_PROCESS):
        return model
    _check_address(api_base)
    prefix = model.split("/", 1)[0] if "/" in model else ""
    if prefix in KNOWN or prefix in {entry.get("litellm_provider") for entry in price_map().values()}:
        return model
    return f"{OPENAI_PROTOCOL}/{model}"


def own_price(model: str, api_base: str | None) -> float | None:
    """0 dollars for what runs in this process or on this machine under a name that no price list has; None elsewhere.

    A name that the price map has stays at its price: a proxy on this machine passes it on.
    """
    if model.startswith(IN_PROCESS):
        return 0.0
    if api_base is None or not _on_this_machine(api_base):
        return None
    return 0.0 if model.startswith(f"{OPENAI_PROTOCOL}/") or mapped_price(model) is None else None


def _check_address(api_base: str) -> None:
    """Raises WrongInput that does not repeat the address, which may hold a password."""
    fix = "Write it as http://127.0.0.1:8000/v1."
    if not api_base.lower().startswith(("http://", "https://")):
        raise WrongInput("the address of the endpoint has no http:// or https:// before it", fix=fix)
    try:
        address = urlsplit(api_base)
        reachable = bool(address.hostname) and address.port != 0
    except ValueError:
        reachable = False
    if not reachable:
        raise WrongInput("the address of the endpoint is not one of host and port", fix=fix)


def _on_this_machine(api_base: str) -> bool:
    host = urlsplit(api_base).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
