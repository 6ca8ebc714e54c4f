"""Federated services of both protocols, whole: what is registered, who is assigned, and a client's secret by reference.

Clients that registered themselves are nobody's configuration. A day of its own on which a service changes over to
another certificate of ours hangs on our keys, which are in no document.
"""

import re
from collections.abc import Mapping
from typing import Any

from idp import federation
from idp.configurations import assigned
from idp.configurations.bench import MOST, Bench, Likeness, Matched, People, every_service, names_of_groups
from idp.configurations.model import Action, Change, Revealed, differences, tidied
from idp.configurations.references import told
from idp.federation import Assignee, Described, KnownAs, OwnIdentity, Registered, Sector, ServiceDraft, ServiceId
from idp.kit import ids
from idp.kit.fields import Fields
from idp.kit.units import Unit

_MEMBERS = frozenset({"name", "protocol", "status", "assignment_required", "consent", "oidc", "saml"})
_OF_CATALOGUE = frozenset({"catalogue", "parameters"})
_CLIENT_ID = re.compile(r"[\x21-\x7e]{1,255}")  # RFC 6749 A.1, without the space
# RFC 9068 5: a client's name is never taken for a person's.
_LIKE_OURS = re.compile(r"(?!cli_)[a-z]{2,4}_[0-9a-f]{32}")


class Services:
    name = "services"

    def shown(self, unit: Unit, people: People) -> list[dict[str, Any]]:
        every = list(every_service(unit))
        present = assigned.Present(unit, [each.service.id for each in every], names_of_groups(unit), people)
        found = (
            {"id": each.service.id, **document(each.draft, each, unit.now_us), **present.shown(each.service.id)}
            for each in every
        )
        ordered = ({"id": each.pop("id"), "name": each.pop("name"), **tidied(each)} for each in found)
        return sorted(ordered, key=lambda each: (each["name"], each["id"]))

    def plan(self, bench: Bench, said: Fields) -> None:
        items = said.objects(self.name, most=MOST)
        if items is None:
            return
        held: dict[str, Registered] = {each.service.id: each for each in every_service(bench.unit)}
        named = set()
        matched = list(bench.matched(items, held, kind="svc", likely=_Index(held).likely))
        known = [each.id for each in matched if each.held is not None]
        joins: list[tuple[str, Assignee]] = []
        present = assigned.Present(bench.unit, known, bench.present_groups, bench.people)
        for each in matched:
            named.add(each.id)
            each.fields.only({*_MEMBERS, *_OF_CATALOGUE, "id", "assignments"})
            each.fields.required("name", expected="string")
            # for rules that name it, should something else of it be wrong: one fault is enough
            bench.services.setdefault(each.id, (str(each.fields.given("name")), ""))
            bench.judged(each.fields.at, lambda each=each: _Item(bench, each, present, joins).plan())  # type: ignore[misc]
        if joins:
            bench.last.append((f"{bench.place}/{self.name}", lambda unit: federation.assign_each(unit, joins)))
        for service_id in held.keys() - named:
            bench.unnamed(self.name, service_id, held[service_id].service.name, _deletion(service_id))
            if bench.around.prune:
                bench.services.pop(service_id, None)


def document(draft: ServiceDraft, registered: Registered | None, now_us: int) -> dict[str, Any]:
    """As it stands in a document, but for its id and who is assigned."""
    said = {**federation.said(draft), "catalogue": draft.catalogue}
    if draft.saml is None:
        client_id = {} if registered is None else {"client_id": registered.service.client_id}
        return tidied({**said, "oidc": {**client_id, **said["oidc"]}})  # type: ignore[no-any-return]
    saml = {name: value for name, value in said["saml"].items() if name != "certificate_switch"}
    if draft.saml.sha1_until is not None and not draft.saml.takes_sha1(now_us):
        del saml["sha1_until"]  # an exception that is over: nothing is the same without it
    if draft.saml.described is not None:
        saml["described"] = draft.saml.described.to_json()
    return tidied({**said, "saml": saml})  # type: ignore[no-any-return]


class _Item:
    """One service of the document."""

    def __init__(
        self, bench: Bench, matched: Matched, present: assigned.Present, joins: list[tuple[str, Assignee]]
    ) -> None:
        self.bench = bench
        self.matched = matched
        self.fields = matched.fields
        self.before: Registered | None = matched.held
        self.present = present
        self.joins = joins

    def plan(self) -> None:
        """Raises `Invalid`, `Conflict`, `Wanted`."""
        sent, faults = self._sent(), len(self.bench.errors)
        client_id, secret = self._client(sent)
        if len(self.bench.errors) > faults:
            return
        draft = self._draft(sent)
        sector = self._sector(draft)
        wanted = assigned.wanted(self.bench, self.fields, self.present.at(self.matched.id))
        name = draft.name
        known = self.before.service.client_id if self.before else ""
        self.bench.expect_service(self.matched.id, name, client_id or known)
        changes = [*self._changes(draft, client_id, wanted), *self._secret_change(secret)]
        if self.before is not None and secret is None:
            draft = draft._replace(secret=None)
        self.joins += [(self.matched.id, assignee) for assignee in wanted.joins]
        action = Action.CREATE if self.before is None else Action.CHANGE
        self.bench.step(
            action, Services.name, self.matched, name, changes, self._doing(draft, sector, client_id, wanted)
        )

    def _sent(self) -> dict[str, Any]:
        """As a registration over the API sends it."""
        sent = {name: value for name, value in self._filled().items() if name in _MEMBERS}
        if self.before is not None:
            sent = {"name": self.before.service.name, "protocol": self.before.service.protocol.value, **sent}
            if sent["protocol"] != self.before.service.protocol:
                detail = "A service keeps its protocol: register another one."
                found, expected = sent["protocol"], self.before.service.protocol.value
                self.fields.refuse("protocol", "immutable", detail, found=found, expected=expected)
        federation.refuse_own(sent.get("oidc"), f"{self.bench.around.base_url}/t/{self.bench.slug}", at="/oidc")
        if isinstance(saml := sent.get("saml"), Mapping):
            sent["saml"] = {name: value for name, value in saml.items() if name != "described"}
        return sent

    def _filled(self) -> Mapping[str, Any]:
        """With what the catalogue says of an application, where its parameters are said, or nothing else is. What is
        whole already stays as it is: parts of it may have been taken away on purpose."""
        members = self.fields.members
        known, said = self.before.service.catalogue if self.before else None, members.get("catalogue")
        if self.before is not None and said is not None and said != known:
            detail = "A service stays the application that it was made from."
            self.fields.refuse("catalogue", "immutable", detail, found=said, expected=known)
        whole = members.get("parameters") is None and not members.keys().isdisjoint({"oidc", "saml"})
        if said is None or whole:
            return members
        return federation.filled({name: members[name] for name in members.keys() & (_MEMBERS | _OF_CATALOGUE)})

    def _client(self, sent: dict[str, Any]) -> tuple[str | None, str | None]:
        """The client_id and the secret that are said; the secret only where it is another than the present one."""
        if not isinstance(said := sent.get("oidc"), Mapping):
            return None, None
        inner = Fields(said, at=f"{self.fields.at}/oidc", errors=self.fields.errors)
        secret = self.bench.around.references.read(inner, "client_secret")
        client = {name: value for name, value in said.items() if name not in {"client_id", "client_secret"}}
        if secret is not None and self._is_new(secret, client):
            client["client_secret"] = secret
        else:
            secret = None
        sent["oidc"] = client
        return self._client_id(inner), secret

    def _is_new(self, secret: str, client: Mapping[str, Any]) -> bool:
        service = self.before.service if self.before else None
        if service is None or ids.digest(secret) not in service.secret_digests:
            return True
        # one of which only the hash is known cannot begin to sign
        return client.get("token_endpoint_auth_method") == "client_secret_jwt" and service.sealed_secret is None

    def _client_id(self, inner: Fields) -> str | None:
        found = inner.given("client_id")
        if found is None:
            return None
        present = self.before.service.client_id if self.before else None
        if not isinstance(found, str) or not _CLIENT_ID.fullmatch(found) or _LIKE_OURS.fullmatch(found):
            detail = "A client_id is 1 to 255 characters of ASCII without spaces, and not like an id of something else."
            inner.refuse("client_id", "invalid_format", detail, found=found, expected="%x21-7E")
        elif present is not None and present != found:
            detail = "A service keeps its client_id: register another one."
            inner.refuse("client_id", "immutable", detail, found=found, expected=present)
        elif (holder := self.bench.clients.get(found, self.matched.id)) != self.matched.id:
            inner.refuse("client_id", "client_id_taken", f"{holder} has this client_id.", found=found)
        else:
            return found
        return None

    def _draft(self, sent: dict[str, Any]) -> ServiceDraft:
        production, saml = self.bench.around.production, sent.get("saml")
        before = self.before
        follows = before is not None and isinstance(saml, Mapping) and _follows(saml, before)
        if isinstance(saml, Mapping) and not follows:
            elsewhere = self.bench.around.elsewhere.remembered
            sent = federation.with_fetched_metadata(elsewhere, sent, tenant=self.bench.unit.tenant)
        if before is None:
            made = self._described(federation.read(sent, production=production))
            return made._replace(catalogue=self.fields.text("catalogue"))
        if follows or not self.bench.around.prune:
            return federation.drafted(before, sent, production=production)
        whole = federation.read(sent, production=production)
        if whole.saml is None or before.draft.saml is None:
            return whole
        return federation.carrying(before, whole)

    def _described(self, draft: ServiceDraft) -> ServiceDraft:
        """With what the metadata of a service had said when the document was written."""
        saml = self.fields.given("saml")
        said = saml.get("described") if isinstance(saml, Mapping) else None
        if draft.saml is None or draft.saml.described is not None or said is None:
            return draft
        found = _read_described(said)
        if found is None:
            self.fields.refuse("saml/described", "invalid_format", "This is not what an export says of metadata.")
            return draft
        return federation.with_described(draft, found)

    def _sector(self, draft: ServiceDraft) -> Sector | None:
        if draft.oidc is None or draft.oidc.subjects.sector_uri is None:
            return None
        known = self.before.service.oidc if self.before else None
        if known and (known.subjects, known.redirects) == (draft.oidc.subjects, draft.oidc.redirects):
            return None
        elsewhere = self.bench.around.elsewhere.remembered
        return federation.fetch_sector(elsewhere, draft.oidc.subjects.sector_uri, tenant=self.bench.unit.tenant)

    def _changes(self, draft: ServiceDraft, client_id: str | None, wanted: assigned.Wanted) -> list[Change]:
        now_us = self.bench.unit.now_us
        after = {**document(draft, self.before, now_us), "assignments": wanted.shown}
        if self.before is None:
            if client_id is not None:
                after["oidc"] = {"client_id": client_id, **after["oidc"]}
            return list(differences({}, after))
        before = document(self.before.draft, self.before, now_us)
        return list(differences({**before, **self.present.shown(self.matched.id)}, after))

    def _secret_change(self, secret: str | None) -> list[Change]:
        """The value is nobody's to see."""
        if secret is None:
            return []
        said = self.fields.given("oidc")
        where = told(said["client_secret"]) if isinstance(said, Mapping) else ""
        return [Change("oidc.client_secret", "(another)" if self.before else "(none)", where)]

    def _doing(self, draft: ServiceDraft, sector: Sector | None, client_id: str | None, wanted: assigned.Wanted) -> Any:
        known_as, slug = KnownAs(ServiceId(self.matched.id), client_id), self.bench.slug
        before, base_url = self.before, self.bench.around.base_url

        def do(unit: Unit) -> Revealed | None:
            if before is None:
                made = _create(unit, draft, sector, known_as, base_url)
            else:
                made = _change(unit, before, draft, sector)
            for assignment_id in wanted.leaves:
                federation.unassign(unit, made.service.id, assignment_id)
            if made.secret is None or made.secret == draft.secret:
                return None
            return Revealed(slug, made.service.name, made.service.client_id, made.secret)

        return do


def _create(unit: Unit, draft: ServiceDraft, sector: Sector | None, known_as: KnownAs, base_url: str) -> Registered:
    from idp import tenants

    if draft.saml is not None:
        own = OwnIdentity.from_text(tenants.get(unit).saml)
        federation.refuse_own_name(draft.saml.entity_id, own, base_url=base_url)
    return federation.create(unit, draft, sector=sector, known_as=known_as)


def _change(unit: Unit, before: Registered, draft: ServiceDraft, sector: Sector | None) -> Registered:
    from idp import sessions

    after = federation.put(unit, before, draft, sector=sector)
    if federation.is_known_anew(before.service, after.service):
        sessions.ask_anew(unit, after.service.id)
    return after


class _Index:
    """What there is, by what its protocol calls it, or else by its name."""

    def __init__(self, held: Mapping[str, Registered]) -> None:
        self._by_client_id = {each.service.client_id: service_id for service_id, each in held.items()}
        self._by_name: dict[tuple[str, str], list[str]] = {}
        for service_id, each in held.items():
            self._by_name.setdefault((each.service.protocol.value, each.service.name), []).append(service_id)

    def likely(self, fields: Fields) -> Likeness:
        oidc, saml, name = fields.given("oidc"), fields.given("saml"), fields.given("name")
        said = oidc.get("client_id") if isinstance(oidc, Mapping) else None
        said = said or (saml.get("entity_id") if isinstance(saml, Mapping) else None)
        if isinstance(said, str):
            return Likeness(said, [self._by_client_id[said]] if said in self._by_client_id else [])
        protocol = fields.given("protocol") or ("saml" if saml is not None else "oidc" if oidc is not None else None)
        spoken = [protocol] if isinstance(protocol, str) else ["oidc", "saml"]  # the catalogue says which
        alike = [each for kind in spoken for each in self._by_name.get((kind, str(name)), [])]
        return Likeness(f"{protocol} {name}", alike, sure=False)


def _follows(saml: Mapping[str, Any], before: Registered) -> bool:
    """It points to where its metadata are fetched from anyway: what they say stays."""
    known = before.service.saml
    if known is None or not saml.keys().isdisjoint({"acs", "metadata_xml"}):
        return False
    return bool(saml.get("metadata_url") or saml.get("mdq_url")) and (
        (saml.get("metadata_url"), saml.get("mdq_url")) == (known.source.url, known.source.mdq)
    )


def _read_described(said: Any) -> Described | None:
    try:
        found = Described.from_json(said)
        return found if tidied(found.to_json()) == tidied(said) else None
    except (KeyError, TypeError, AttributeError, ValueError):
        return None


def _deletion(service_id: str) -> Any:
    def do(unit: Unit) -> None:
        federation.delete(unit, service_id)

    return do
