"""An application that is built after the server has begun to answer: what hot endpoints do not need must not keep them
waiting at every start."""

import asyncio
import threading
from collections.abc import Callable

from idp.web.asgi import App, Receive, Scope, Send


class Later:
    """Built once, by `build` in a thread or by the first request, which then waits for it."""

    def __init__(self, make: Callable[[], App]) -> None:
        self._make = make
        self._app: App | None = None
        self._building = threading.Lock()

    def build(self) -> App:
        """Whatever `make` raises."""
        with self._building:
            if self._app is None:
                self._app = self._make()
            return self._app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if app is None:
            app = await asyncio.to_thread(self.build)
        await app(scope, receive, send)
