/** Keys, tokens and files of credentials for NATS, which its tools make elsewhere. */
import { nkeys } from '@nats-io/transport-node';

type Pair = ReturnType<typeof nkeys.createUser>;

/** A user with an nkey. */
export interface NatsKey {
  /** The public key, for the configuration of the server. */
  readonly name: string;
  readonly seed: string;
}

const NO_LIMIT = -1;
const OF_ALL = ['subs', 'data', 'payload'];
const OF_ACCOUNT = ['imports', 'exports', 'conn', 'leaf', 'streams', 'consumer', 'max_ack_pending'];
const OF_JETSTREAM = ['mem_storage', 'disk_storage', 'mem_max_stream_bytes', 'disk_max_stream_bytes'];

/** Makes a user with an nkey. */
export function createKey(): NatsKey {
  const user = nkeys.createUser();
  return { name: user.getPublicKey(), seed: seedOf(user) };
}

/** Makes an operator with one account: the configuration of a server, and the file of credentials of a user. */
export function createOperator(): { readonly config: string; readonly credentials: string } {
  const [operator, account, system, user] = [
    nkeys.createOperator(),
    nkeys.createAccount(),
    nkeys.createAccount(),
    nkeys.createUser(),
  ];
  const limits = { ...unlimited([...OF_ALL, ...OF_ACCOUNT]), wildcards: true };
  const [own, ofSystem] = [account.getPublicKey(), system.getPublicKey()];
  const tokens = {
    operator: tokenOf(operator, operator, { type: 'operator', system_account: ofSystem }),
    account: tokenOf(operator, account, { type: 'account', limits: { ...limits, ...unlimited(OF_JETSTREAM) } }),
    system: tokenOf(operator, system, { type: 'account', limits }),
    user: tokenOf(account, user, { type: 'user', ...unlimited(OF_ALL) }),
  };
  return {
    config: [
      `operator: ${tokens.operator}`,
      `system_account: ${ofSystem}`,
      'resolver: MEMORY',
      `resolver_preload: { ${own}: ${tokens.account}, ${ofSystem}: ${tokens.system} }`,
    ].join('\n'),
    credentials: [
      ...['-----BEGIN NATS USER JWT-----', tokens.user, '------END NATS USER JWT------', ''],
      ...['-----BEGIN USER NKEY SEED-----', seedOf(user), '------END USER NKEY SEED------', ''],
    ].join('\n'),
  };
}

function unlimited(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, NO_LIMIT]));
}

function seedOf(pair: Pair): string {
  return new TextDecoder().decode(pair.getSeed());
}

/** A JSON Web Token that is signed with an nkey. */
function tokenOf(issuer: Pair, subject: Pair, claims: object): string {
  const parts = [
    { typ: 'JWT', alg: 'ed25519-nkey' },
    { jti: '1', iat: 1, iss: issuer.getPublicKey(), sub: subject.getPublicKey(), nats: { ...claims, version: 2 } },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signed = parts.join('.');
  return `${signed}.${Buffer.from(issuer.sign(new TextEncoder().encode(signed))).toString('base64url')}`;
}
