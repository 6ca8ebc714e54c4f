// A relying party made of npm oauth4webapi as published, each step of the protocols by itself; told what to do in lines
// of JSON as relying_party.mjs is.
import { createInterface } from 'node:readline';

import * as oauth from 'oauth4webapi';

const METHODS = {
  client_secret_basic: oauth.ClientSecretBasic,
  client_secret_post: oauth.ClientSecretPost,
  none: oauth.None,
};
const plain = { [oauth.allowInsecureRequests]: true };

let server;
let client;
let proof;
let pending;
let DPoP; // undefined: bearer tokens

const actions = {
  async discover({ issuer, client_id, client_secret, method, bound }) {
    const address = new URL(issuer);
    const response = await oauth.discoveryRequest(address, plain);
    server = await oauth.processDiscoveryResponse(address, response);
    client = { client_id };
    proof = METHODS[method](client_secret);
    DPoP = bound ? oauth.DPoP(client, await oauth.generateKeyPair('ES256')) : undefined;
    return server;
  },

  async begin({ redirect_uri, scope }) {
    const verifier = oauth.generateRandomCodeVerifier();
    pending = { redirect_uri, verifier, state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() };
    const asked = new URLSearchParams({
      client_id: client.client_id,
      redirect_uri,
      scope,
      response_type: 'code',
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      state: pending.state,
      nonce: pending.nonce,
    });
    const { request_uri, expires_in } = await proven(async (options) =>
      oauth.processPushedAuthorizationResponse(
        server,
        client,
        await oauth.pushedAuthorizationRequest(server, client, proof, asked, options),
      ),
    );
    const url = new URL(server.authorization_endpoint);
    url.search = new URLSearchParams({ client_id: client.client_id, request_uri });
    return { url: url.href, expires_in };
  },

  async finish({ callback }) {
    const { redirect_uri, verifier, state, nonce } = pending;
    const answer = oauth.validateAuthResponse(server, client, new URL(callback), state);
    return proven(async (options) => {
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        proof,
        answer,
        redirect_uri,
        verifier,
        options,
      );
      const expected = { expectedNonce: nonce, requireIdToken: true };
      return checked(response, await oauth.processAuthorizationCodeResponse(server, client, response, expected));
    });
  },

  refresh: ({ refresh_token }) =>
    proven(async (options) => {
      const response = await oauth.refreshTokenGrantRequest(server, client, proof, refresh_token, options);
      return checked(response, await oauth.processRefreshTokenResponse(server, client, response));
    }),

  userinfo: ({ access_token, sub }) =>
    proven(async (options) => {
      const response = await oauth.userInfoRequest(server, client, access_token, options);
      return oauth.processUserInfoResponse(server, client, sub, response);
    }),

  async introspect({ token }) {
    const response = await oauth.introspectionRequest(server, client, proof, token, plain);
    return oauth.processIntrospectionResponse(server, client, response);
  },

  async revoke({ token }) {
    const response = await oauth.revocationRequest(server, client, proof, token, plain);
    return (await oauth.processRevocationResponse(response)) ?? {};
  },
};

// with a proof of possession where there is one, and again with the nonce that the server asks for (RFC 9449 8)
async function proven(work) {
  const options = { ...plain, DPoP };
  return work(options).catch((error) => {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return work(options);
  });
}

async function checked(response, tokens) {
  if (tokens.id_token) await oauth.validateApplicationLevelSignature(server, response, plain); // by the published keys
  return { ...tokens, claims: oauth.getValidatedIdTokenClaims(tokens) };
}

function told(error) {
  const { name, message, code, error: said, error_description, status, cause } = error;
  return { name, message, code, error: said, error_description, status: status ?? cause?.status };
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
