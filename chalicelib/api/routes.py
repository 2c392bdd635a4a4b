"""The REST API: the handler and the lowest role of each path and method.

Guarantees that every route has an authorizer, and that its handler checks the token's role again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from chalice import Chalice
from chalice.app import ChaliceAuthorizer

from chalicelib.api.authorization import OPERATOR, READER, Authenticator

if TYPE_CHECKING:
    from chalicelib.pipeline.pipeline import Pipeline

BODIES = ["application/json", "application/x-www-form-urlencoded"]  # `curl -d` sends the latter with any body


class Wiring(Protocol):
    """The pipeline and the tokens that handlers act on."""

    @property
    def pipeline(self) -> Pipeline: ...

    @property
    def tokens(self) -> Authenticator: ...


@dataclass(frozen=True, kw_only=True)
class Route:
    """One path and method, the lowest role that may use it, and its handler."""

    method: str
    path: str
    role: str
    handler: str
    """The name of a function of handlers.py, which is imported by the first request."""
    status: int = 200


ROUTES = (
    Route(method="POST", path="/runs/{name}", role=OPERATOR, handler="post_runs", status=202),
    Route(method="DELETE", path="/runs/{name}", role=OPERATOR, handler="delete_run", status=202),
    Route(method="POST", path="/backfill", role=OPERATOR, handler="post_backfill", status=202),
    Route(method="POST", path="/redrive", role=OPERATOR, handler="post_redrive", status=202),
    Route(method="GET", path="/runs", role=READER, handler="get_runs"),
    Route(method="GET", path="/status/{file}", role=READER, handler="get_status"),
    Route(method="GET", path="/rejects/{file}", role=READER, handler="get_rejects"),
    Route(method="POST", path="/rejects/{file}", role=OPERATOR, handler="post_rejects", status=202),
    Route(method="GET", path="/sources", role=READER, handler="get_sources"),
    Route(method="POST", path="/sources/{name}", role=OPERATOR, handler="post_source", status=202),
    Route(method="GET", path="/health", role=READER, handler="get_health"),
    *(
        Route(method=method, path=path + deeper, role=role, handler="unencoded")
        for deeper in ("/{b}", "/{b}/{c}", "/{b}/{c}/{d}")
        for method, path, role in (
            ("GET", "/status/{file}", READER),
            ("GET", "/rejects/{file}", READER),
            ("POST", "/rejects/{file}", OPERATOR),
            ("POST", "/runs/{name}", OPERATOR),
        )
    ),
)


def declare(app: Chalice, authorizer: ChaliceAuthorizer, wired: Callable[[], Wiring]) -> None:
    """Give the app its routes."""
    for route in ROUTES:
        body = {"content_types": BODIES} if route.method == "POST" else {}
        view = _view(app, wired, route)
        app.route(route.path, methods=[route.method], authorizer=authorizer, **body)(view)


def _view(app: Chalice, wired: Callable[[], Wiring], route: Route) -> Callable[..., Any]:
    def view(**path: str) -> Any:
        from chalicelib.api import handlers, responses

        return responses.respond(app, wired(), route, getattr(handlers, route.handler), path)

    view.__name__ = route.handler
    return view
