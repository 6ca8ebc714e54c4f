"""JupyterHub as its manual sets it up for any provider (GenericOAuthenticator); `get_config` is its own."""

import os

given = os.environ
at = given["APPLICATION_URL"]
issuer = given["ISSUER"]

c = get_config()  # type: ignore[name-defined]  # noqa: F821
c.JupyterHub.bind_url = at
c.JupyterHub.hub_port = int(given["HUB_PORT"])
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.redirect_to_server = False
c.JupyterHub.authenticator_class = "generic-oauth"
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{given['PROXY_API_PORT']}"
c.ConfigurableHTTPProxy.command = ["node", given["PROXY"]]

c.GenericOAuthenticator.client_id = given["CLIENT_ID"]
c.GenericOAuthenticator.client_secret = given["CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = f"{at}/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = f"{issuer}/authorize"
c.GenericOAuthenticator.token_url = f"{issuer}/token"
c.GenericOAuthenticator.userdata_url = f"{issuer}/userinfo"
c.GenericOAuthenticator.scope = ["openid", "profile", "email"]
c.GenericOAuthenticator.username_claim = "email"
c.GenericOAuthenticator.allow_all = True
