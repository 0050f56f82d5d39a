"""What no page but the door's may use: the camera, and WebAssembly that reads codes."""

from django.http import HttpResponse

from config.middleware.security_headers import POLICY, permissions

DOOR_POLICY = POLICY.replace("script-src 'self'", "script-src 'self' 'wasm-unsafe-eval'")


def allow_camera(response: HttpResponse) -> HttpResponse:
    response.headers["Content-Security-Policy"] = DOOR_POLICY
    response.headers["Permissions-Policy"] = permissions("camera")
    return response
