// A service made of npm @node-saml/node-saml as published, told what to do in lines of JSON.
// In:  {"do": "authorize", …}        Out: {"ok": {…}} or {"failed": {"name", "message"}}
import { createInterface } from 'node:readline';

import { SAML } from '@node-saml/node-saml';

const Machine = Date;
let now = Machine.now();
globalThis.Date = class extends Machine {
  constructor(...given) {
    given.length ? super(...given) : super(now);
  }
  static now() {
    return now;
  }
};

let saml;

const actions = {
  // `at` is the instant on the provider's clock, in milliseconds
  async configure({ at, ...options }) {
    now = at;
    saml = new SAML({ validateInResponseTo: 'always', ...options });
    return {};
  },
  async authorize({ relayState }) {
    return { url: await saml.getAuthorizeUrlAsync(relayState, undefined, {}) };
  },
  async form({ relayState }) {
    return { html: await saml.getAuthorizeFormAsync(relayState) };
  },
  // `profile` is what `validate` gave
  async logout({ profile, relayState }) {
    return { url: await saml.getLogoutUrlAsync(profile, relayState, {}) };
  },
  // `query` is ours as it came back, undecoded
  async loggedOut({ query }) {
    const { loggedOut } = await saml.validateRedirectAsync(Object.fromEntries(new URLSearchParams(query)), query);
    return { loggedOut };
  },
  // a request of ours that somebody be signed out, by redirect and by a form
  async asked({ query }) {
    const { profile } = await saml.validateRedirectAsync(Object.fromEntries(new URLSearchParams(query)), query);
    return profile;
  },
  async askedByForm(fields) {
    const { profile } = await saml.validatePostRequestAsync(fields);
    return profile;
  },
  // `request` is what one of them gave
  async answer({ request, relayState }) {
    return { url: await saml.getLogoutResponseUrlAsync(request, relayState, {}, true) };
  },
  async validate(fields) {
    const { profile } = await saml.validatePostResponseAsync(fields);
    return profile;
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: action, ...given } = JSON.parse(line);
  try {
    console.log(JSON.stringify({ ok: await actions[action](given) }));
  } catch (failed) {
    console.log(JSON.stringify({ failed: { name: failed.name, message: failed.message } }));
  }
}
