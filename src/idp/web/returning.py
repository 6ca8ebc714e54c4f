"""Forms of other sites, sent once more from here.

A browser keeps its Lax cookies back from them (RFC 6265bis 5.2): whatever such a form began would be tied to a
new browser, whose cookie took the place of the one that is there, and everything pending in other tabs would be over.
From a page of ours the same form comes with the cookies. Asked before anything of the message is used up.
"""

from urllib.parse import quote

from idp.web.asgi import Scope, Send
from idp.web.browsers import Browser
from idp.web.forms import Form
from idp.web.house import House
from idp.web.showing import show

_AS_IT_IS = "%&=+!$'()*,-./:;?@_~"


async def comes_again(house: House, scope: Scope, send: Send, browser: Browser, form: Form) -> bool:
    """Whether that has been the answer; `form` is the body of the POST. It is asked once: what comes from our page says
    that it is ours."""
    if not browser.posted_elsewhere or browser.device is not None:
        return False
    query = quote(scope["query_string"], safe=_AS_IT_IS)
    await show(
        house,
        {**scope, "query_string": b""},  # what another site says of the language is not kept
        send,
        "form_post",
        facts=house.memory.latest(browser.slug),
        switchable=False,
        action=f"{house.base_url}{scope['path']}{'?' if query else ''}{query}",
        fields=form.fields,
        onward=True,
    )
    return True
