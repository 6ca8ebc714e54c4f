"""Receivers of what the trail says, with a secret by reference. How far they have been told, and how that went, is
history; one that is made here is told of what comes after it."""

from typing import Any

from idp import webhooks
from idp.configurations.bench import MOST, Bench, Likeness, Matched, People
from idp.configurations.model import Action, Change, Revealed, differences
from idp.configurations.references import told
from idp.kit.fields import Fields
from idp.kit.units import Unit
from idp.webhooks import Draft, Webhook, WebhookId

_MEMBERS = Draft._fields


class Webhooks:
    name = "webhooks"

    def shown(self, unit: Unit, people: People) -> list[dict[str, Any]]:  # noqa: ARG002 - nobody is in a webhook
        found = ({"id": each.id, **_document(each.draft)} for each in webhooks.every(unit))
        return sorted(found, key=lambda each: (each["name"], each["id"]))

    def plan(self, bench: Bench, said: Fields) -> None:
        items = said.objects(self.name, most=MOST)
        if items is None:
            return
        held, named = {str(each.id): each for each in webhooks.every(bench.unit)}, set()
        for each in bench.matched(items, held, kind="whk", likely=lambda fields: _likely(fields, held)):
            named.add(each.id)
            self._plan_one(bench, each)
        for webhook_id in held.keys() - named:
            bench.unnamed(self.name, webhook_id, held[webhook_id].name, _deletion(webhook_id))

    def _plan_one(self, bench: Bench, each: Matched) -> None:
        fields, held = each.fields, each.held
        fields.only({*_MEMBERS, "id", "secret"})
        secret = _secret(bench, fields)
        sent = {name: value for name, value in fields.members.items() if name in _MEMBERS}
        stays = {} if held is None or bench.around.prune else _document(held.draft)
        egress, url = bench.around.elsewhere.remembered, None if held is None else held.url
        draft = bench.judged(fields.at, lambda: webhooks.read({**stays, **sent}, egress=egress, known=url))
        if draft is None:
            return
        if held is not None and secret is not None and webhooks.signs_with(bench.unit, held, secret):
            secret = None
        changes = list(differences({} if held is None else _document(held.draft), _document(draft)))
        if secret is not None:
            before = "(none)" if held is None else "(another)"
            changes.append(Change("secret", before, told(fields.given("secret"))))
        action = Action.CREATE if held is None else Action.CHANGE
        bench.step(action, self.name, each, draft.name, changes, _doing(bench, each, draft, secret))


def _secret(bench: Bench, fields: Fields) -> bytes | None:
    said = bench.around.references.read(fields, "secret")
    found = None if said is None else webhooks.read_secret(said)
    if said is not None and found is None:
        fields.refuse("secret", "invalid_format", "What is there is no secret of a webhook.", expected="whsec_…")
    return found


def _doing(bench: Bench, each: Matched, draft: Draft, secret: bytes | None) -> Any:
    held, slug, egress = each.held, bench.slug, bench.around.elsewhere.remembered

    def do(unit: Unit) -> Revealed | None:
        if held is None:
            made, shown = webhooks.create(unit, draft, secret=secret, known_as=WebhookId(each.id))
            return Revealed(slug, made.name, made.id, shown) if secret is None else None
        if secret is not None:
            webhooks.rotate(unit, held.id, secret=secret)
        webhooks.change(unit, held.id, _document(draft), egress=egress)
        return None

    return do


def _document(draft: Draft) -> dict[str, Any]:
    return {**draft._asdict(), "events": list(draft.events)}


def _likely(fields: Fields, held: dict[str, Webhook]) -> Likeness:
    name = fields.given("name")
    return Likeness(str(name), [each for each, webhook in held.items() if webhook.name == name], sure=False)


def _deletion(webhook_id: str) -> Any:
    def do(unit: Unit) -> None:
        webhooks.remove(unit, webhook_id)

    return do
