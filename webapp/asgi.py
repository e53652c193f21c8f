"""The web process: HTTP by Django, websockets by Channels."""

from __future__ import annotations

import os
import warnings

from mtkd_engine.loading import loading

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
os.environ.setdefault("MTKD_PROCESS", "web")

with loading():
    import django
    from channels.auth import AuthMiddlewareStack
    from channels.routing import ProtocolTypeRouter, URLRouter
    from channels.security.websocket import AllowedHostsOriginValidator

    django.setup(set_prefix=False)  # loads the applications: what follows may import models

    from webapp.bodies import BodyHandler
    from webapp.live.routing import websocket_urlpatterns
    from webapp.measuring import counted_sockets

# Files of the style are small, and WhiteNoise reads them itself; our own downloads go piece by piece.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")

application = ProtocolTypeRouter(
    {
        "http": BodyHandler(),
        "websocket": AllowedHostsOriginValidator(
            counted_sockets(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
        ),
    }
)
