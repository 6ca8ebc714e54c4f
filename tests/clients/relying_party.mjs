// A relying party made of npm openid-client as published, told what to do in lines of JSON.
// In:  {"do": "begin", …}        Out: {"ok": {…}} or {"failed": {"name", "message", "code", "error", "error_description", "status"}}
import { createInterface } from 'node:readline';

import * as client from 'openid-client';

const METHODS = {
  client_secret_basic: client.ClientSecretBasic,
  client_secret_post: client.ClientSecretPost,
  none: client.None,
  private_key_jwt: async (_, key) => client.PrivateKeyJwt(await signing(key)),
};

let config;
let pending;

const actions = {
  // `key` is a private JWK, where the client signs who it is
  async discover({ issuer, client_id, client_secret, method, key, id_token_signed_response_alg }) {
    config = await client.discovery(
      new URL(issuer),
      client_id,
      { client_secret, id_token_signed_response_alg },
      await METHODS[method](client_secret, key),
      { execute: [client.allowInsecureRequests] },
    );
    client.enableNonRepudiationChecks(config); // verifies every ID token's signature with the published keys
    return config.serverMetadata();
  },

  // `by`: how the request is handed in; `key` is a private JWK that signs it
  async begin({ redirect_uri, scope, by = 'query', key, ...more }) {
    const pkceCodeVerifier = client.randomPKCECodeVerifier();
    pending = { pkceCodeVerifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() };
    const asked = {
      redirect_uri,
      scope,
      code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: pending.expectedState,
      nonce: pending.expectedNonce,
      ...more,
    };
    const signed = async () => client.buildAuthorizationUrlWithJAR(config, asked, await signing(key));
    const ways = {
      query: () => client.buildAuthorizationUrl(config, asked),
      pushed: () => client.buildAuthorizationUrlWithPAR(config, asked),
      signed,
      'signed and pushed': async () => client.buildAuthorizationUrlWithPAR(config, (await signed()).searchParams),
    };
    const url = await ways[by]();
    return { url: url.href, state: pending.expectedState, nonce: pending.expectedNonce };
  },

  async finish({ callback, ...changed }) {
    const tokens = await client.authorizationCodeGrant(config, new URL(callback), {
      ...pending,
      idTokenExpected: true,
      ...changed,
    });
    return { ...tokens, claims: tokens.claims() };
  },

  async refresh({ refresh_token, ...more }) {
    const tokens = await client.refreshTokenGrant(config, refresh_token, more);
    return { ...tokens, claims: tokens.claims() };
  },

  client_credentials: (parameters) => client.clientCredentialsGrant(config, parameters),
  userinfo: ({ access_token, sub }) => client.fetchUserInfo(config, access_token, sub),
  introspect: ({ token }) => client.tokenIntrospection(config, token),
  revoke: async ({ token }) => (await client.tokenRevocation(config, token)) ?? {},
  end_session: (parameters) => ({ url: client.buildEndSessionUrl(config, parameters).href }),
};

async function signing(jwk) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' };
  return { key: await crypto.subtle.importKey('jwk', jwk, algorithm, false, ['sign']), kid: jwk.kid };
}

function told(error) {
  const { name, message, code, error: oauth, error_description, status, cause } = error;
  return { name, message, code, error: oauth, error_description, status: status ?? cause?.status };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { do: action, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { ok: await actions[action](given) };
  } catch (error) {
    answer = { failed: told(error) };
  }
  console.log(JSON.stringify(answer));
}
