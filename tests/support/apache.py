"""Debian's Apache on loopback with the service providers that it has modules for, mod_auth_mellon and Shibboleth's
mod_shib with its daemon: unmodified, configured as their manuals say, and run out of one folder.

Each guards two places: one that knows the provider by its metadata, and one that was given the metadata with another
key in it.
"""

import os
import re
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.installation import free_port
from tests.support.xml_keys import Pair, rsa_pair

_MODULES = "mpm_worker authn_core authz_core authz_user alias headers auth_mellon"
_READY_WITHIN = 20.0
_MAIL = "urn:oid:0.9.2342.19200300.100.1.3"
_URI = "urn:oasis:names:tc:SAML:2.0:attrname-format:uri"

_APACHE = """
ServerName localhost:{port}
ServerRoot {home}
PidFile {home}/apache.pid
Listen 127.0.0.1:{port}
Listen [::1]:{port}
ErrorLog {home}/apache.log
LogLevel warn
DocumentRoot {home}/pages
StartServers 1
MinSpareThreads 2
MaxSpareThreads 8
ThreadsPerChild 8
MaxRequestWorkers 8
UseCanonicalName On
<Directory {home}/pages>
  Require all granted
</Directory>
ShibConfig {home}/shibboleth.xml
ShibURLScheme http
Header always set x-mail "expr=%{{reqenv:MAIL}}"
"""
_MELLON = """
<Location /{place}>
  MellonEnable info
  MellonEndpointPath /{place}/endpoint
  MellonSPentityId http://localhost:{port}/{place}
  MellonSPPrivateKeyFile {home}/key.pem
  MellonSPCertFile {home}/certificate.pem
  MellonIdPMetadataFile {home}/{metadata}
  MellonSignatureMethod rsa-sha256
  MellonSetEnvNoPrefix MAIL {mail}
  MellonSecureCookie Off
  MellonVariable {place}
  MellonRedirectDomains *
</Location>
<Location /{place}/inside>
  MellonEnable auth
</Location>
"""
_SHIB = """
<Location /{place}>
  AuthType shibboleth
  ShibRequestSetting applicationId {place}
  Require shibboleth
</Location>
<Location /{place}/inside>
  ShibRequestSetting requireSession true
  Require shib-session
</Location>
<Location /{place}/Shibboleth.sso>
  SetHandler shib
</Location>
"""
_SHIBBOLETH = """
<SPConfig xmlns="urn:mace:shibboleth:3.0:native:sp:config" clockSkew="180" logger="{home}/shibd.logger">
  <InProcess logger="{home}/native.logger"/>
  <TCPListener address="127.0.0.1" port="{listener}" acl="127.0.0.1"/>
  <ApplicationDefaults entityID="http://localhost:{port}/shib" signing="true" REMOTE_USER="mail"
      signingAlg="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256">
    <Sessions lifetime="28800" timeout="3600" relayState="ss:mem" checkAddress="false" handlerSSL="false"
        handlerURL="/shib/Shibboleth.sso" cookieProps="http">
      <SSO entityID="{entity_id}">SAML2</SSO>
      <Logout>SAML2 Local</Logout>
      <Handler type="MetadataGenerator" Location="/Metadata" signing="false"/>
    </Sessions>
    <Errors supportContact="root@localhost"/>
    <MetadataProvider type="XML" path="{home}/idp.xml"/>
    <AttributeExtractor type="XML" path="{home}/attribute-map.xml"/>
    <CredentialResolver type="File" key="{home}/key.pem" certificate="{home}/certificate.pem"/>
    <ApplicationOverride id="shib"/>
    <ApplicationOverride id="foreign-shib" entityID="http://localhost:{port}/foreign-shib">
      <Sessions lifetime="28800" timeout="3600" relayState="ss:mem" checkAddress="false" handlerSSL="false"
          handlerURL="/foreign-shib/Shibboleth.sso" cookieProps="http">
        <SSO entityID="{entity_id}">SAML2</SSO>
        <Logout>SAML2 Local</Logout>
        <Handler type="MetadataGenerator" Location="/Metadata" signing="false"/>
      </Sessions>
      <MetadataProvider type="XML" path="{home}/foreign-idp.xml"/>
    </ApplicationOverride>
  </ApplicationDefaults>
  <SecurityPolicyProvider type="XML" path="/etc/shibboleth/security-policy.xml"/>
  <ProtocolProvider type="XML" path="/etc/shibboleth/protocols.xml"/>
</SPConfig>
"""
_ATTRIBUTES = """
<Attributes xmlns="urn:mace:shibboleth:2.0:attribute-map">
  <Attribute name="{mail}" nameFormat="{uri}" id="mail"/>
</Attributes>
"""
_LOGGER = """
log4j.rootCategory=WARN, out
log4j.appender.out=org.apache.log4j.FileAppender
log4j.appender.out.fileName={file}
log4j.appender.out.layout=org.apache.log4j.PatternLayout
log4j.appender.out.layout.ConversionPattern=%d %p %c: %m%n
"""


@dataclass(frozen=True)
class Apache:
    port: int
    home: Path

    def at(self, path: str) -> str:
        return f"http://localhost:{self.port}{path}"

    def said(self) -> str:
        """The ends of the logs, for whoever looks at a failure."""
        return "\n".join(f"{each}:\n{each.read_text(errors='replace')[-3000:]}" for each in self.home.glob("*.log"))


@contextmanager
def apache(idp_metadata: str) -> Iterator[Apache]:
    """Ready to be asked. In a folder that its own user can read, which is not root."""
    home = Path(tempfile.mkdtemp(prefix="apache-"))
    try:
        made = Apache(free_port(), home)
        _furnish(made, idp_metadata, listener := free_port())
        with ExitStack() as running:
            daemon = ["shibd", "-f", "-F", "-c", str(home / "shibboleth.xml"), "-p", str(home / "shibd.pid")]
            running.enter_context(_running(made, daemon))
            _wait(made, listener)
            running.enter_context(_running(made, ["apache2", "-f", str(home / "apache.conf"), "-DFOREGROUND"]))
            _wait(made, made.port)
            yield made
    finally:
        shutil.rmtree(home)


def _furnish(made: Apache, idp_metadata: str, listener: int) -> None:
    home, own = made.home, rsa_pair("theirs")
    home.chmod(0o755)
    names = {"home": home, "port": made.port, "listener": listener, "mail": _MAIL, "uri": _URI}
    entity_id = re.search(r'entityID="([^"]+)"', idp_metadata)
    assert entity_id is not None
    shared = [f"LoadModule {each}_module /usr/lib/apache2/modules/mod_{each}.so" for each in _MODULES.split()]
    shared.append("LoadModule mod_shib /usr/lib/apache2/modules/mod_shib.so")
    shared += ["User www-data", "Group www-data"] if os.geteuid() == 0 else []
    conf = [*shared, _APACHE.format(**names)]
    for place, metadata in (("mellon", "idp.xml"), ("foreign-mellon", "foreign-idp.xml")):
        conf.append(_MELLON.format(place=place, metadata=metadata, **names))
    conf += [_SHIB.format(place=place) for place in ("shib", "foreign-shib")]
    files = {
        "apache.conf": "\n".join(conf),
        "shibboleth.xml": _SHIBBOLETH.format(entity_id=entity_id[1], **names),
        "attribute-map.xml": _ATTRIBUTES.format(**names),
        "shibd.logger": _LOGGER.format(file=home / "shibd.log"),
        "native.logger": _LOGGER.format(file="/dev/null"),
        "key.pem": own.private_pem.decode(),
        "certificate.pem": own.certificate_pem,
        "idp.xml": idp_metadata,
        "foreign-idp.xml": with_key_of(rsa_pair("foreign"), idp_metadata),
    }
    for name, text in files.items():
        (home / name).write_text(text.lstrip())
    for place in ("mellon", "foreign-mellon", "shib", "foreign-shib"):
        (home / "pages" / place).mkdir(parents=True)
        for page in ("inside", "outside"):
            (home / "pages" / place / page).write_text(page)


def with_key_of(pair: Pair, metadata: str) -> str:
    """As if the provider had that key and no other."""
    changed = re.sub(r"(<ds:X509Certificate>)[^<]+", rf"\g<1>{pair.certificate.text}", metadata)
    assert changed != metadata
    return changed


@contextmanager
def _running(made: Apache, command: list[str]) -> Iterator[None]:
    """It goes when whoever started it goes, however that is."""
    with (made.home / f"{command[0]}.out.log").open("wb") as out:
        path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", *command],
            cwd=made.home,
            env={**os.environ, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(made: Apache, port: int) -> None:
    until = time.monotonic() + _READY_WITHIN
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(f"nobody answers on {port}\n{made.said()}")
