// The peer of the measurement: npm oidc-provider as published, in one process, with its own in-memory adapter.
// It signs JWT access tokens for one API and stores none of them, which is the least work it can be asked for. Whoever
// comes without a session is signed in at once, so that a load can be put on the flow with a live session.
// usage: node provider.js PORT, with [{ id, secret, alg, callback? }, ...] as CLIENTS in the environment
import { generateKeyPairSync } from 'node:crypto';

import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const clients = JSON.parse(process.env.CLIENTS);
const issuer = `http://localhost:${port}`;
const resource = 'https://api.bench.example';

const jwk = (alg, { privateKey }) => ({ ...privateKey.export({ format: 'jwk' }), kid: alg, use: 'sig', alg });
const algOf = (client) => client.metadata().id_token_signed_response_alg;

const provider = new Provider(issuer, {
  jwks: {
    keys: [
      jwk('ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
      jwk('RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })),
    ],
  },
  ttl: { ClientCredentials: 300, AccessToken: 300, AuthorizationCode: 60 },
  clients: clients.map(({ id, secret, alg, callback }) => ({
    client_id: id,
    client_secret: secret,
    grant_types: [callback ? 'authorization_code' : 'client_credentials'],
    redirect_uris: callback ? [callback] : [],
    response_types: callback ? ['code'] : [],
    token_endpoint_auth_method: 'client_secret_basic',
    id_token_signed_response_alg: alg,
  })),
  findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  loadExistingGrant: async (ctx) => {
    const { client, session, provider: { Grant } } = ctx.oidc;
    const known = session.grantIdFor(client.clientId);
    const found = known && await Grant.find(known);
    if (found) return found;
    const grant = new Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid');
    grant.addResourceScope(resource, 'openid');
    await grant.save();
    return grant;
  },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => resource,
      useGrantedResource: () => true,
      getResourceServerInfo: (_, indicator, client) => ({
        scope: 'openid',
        audience: resource,
        accessTokenFormat: 'jwt',
        accessTokenTTL: 300,
        jwt: { sign: { alg: algOf(client) } },
      }),
    },
  },
});

provider.use(async (ctx, next) => {
  if (!ctx.path.startsWith('/interaction/')) return next();
  const person = { login: { accountId: ctx.path.split('/').pop() } };
  return provider.interactionFinished(ctx.req, ctx.res, person);
});

provider.listen(port, '127.0.0.1', () => console.log('ready'));
process.on('SIGTERM', () => process.exit(0));
