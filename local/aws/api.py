"""The REST API on loopback: `chalice local` behind the stack's guard. Its own authorizer checks the callers' tokens."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import cast

from chalice.cli.factory import CLIFactory
from chalice.deploy.validate import validate_routes
from chalice.local import ChaliceRequestHandler, LocalDevServer, LocalGatewayException

from chalicelib.api.authorization import gateway_401
from local.access.handlers import Guard, GuardedHandler


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="an app's REST API on loopback")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--app", required=True, help="project directory of the Chalice app")
    parser.add_argument("--stage", required=True)
    args = parser.parse_args()
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(message)s")  # like `chalice local`
    server(args.app, args.stage, args.port).serve_forever()


def server(directory: str, stage: str, port: int) -> LocalDevServer:
    """Return the server of an app."""
    os.chdir(directory)
    config = CLIFactory(directory, environ=os.environ).create_config_obj(chalice_stage_name=stage)
    validate_routes(config.chalice_app.routes)
    return LocalDevServer(config.chalice_app, config, "127.0.0.1", port, handler_cls=guarded(port))


def guarded(port: int) -> type[ChaliceRequestHandler]:
    class Handler(GuardedHandler, ChaliceRequestHandler):
        guard = Guard(port=port, max_body=10 << 20)  # the limit of API Gateway

        def _send_error_response(self, error: LocalGatewayException) -> None:
            """Answer like the deployed Gateway. For an unknown path Chalice would quote the caller's token."""
            unknown = error.headers.get("x-amzn-ErrorType") == "UnauthorizedException"
            super()._send_error_response(cast(LocalGatewayException, gateway_401()) if unknown else error)

    return Handler


if __name__ == "__main__":
    main()
