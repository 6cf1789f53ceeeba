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

/** An operator with one account. */
export interface NatsOperator {
  /** The configuration of a server. */
  readonly config: string;
  /** The file of credentials of a user. */
  readonly credentials: string;
  /** Makes credentials that end, in milliseconds since the Unix epoch. NATS knows whole seconds. */
  credentialsUntil(expiresAt: number): string;
}

/** Makes an operator with one account. */
export function createOperator(): NatsOperator {
  const [operator, account, system] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()];
  const userFile = (expiresAt?: number): string => {
    const user = nkeys.createUser();
    const token = tokenOf(account, user, { type: 'user', ...unlimited(OF_ALL) }, expiresAt);
    return [
      ...['-----BEGIN NATS USER JWT-----', token, '------END NATS USER JWT------', ''],
      ...['-----BEGIN USER NKEY SEED-----', seedOf(user), '------END USER NKEY SEED------', ''],
    ].join('\n');
  };
  const limits = { ...unlimited([...OF_ALL, ...OF_ACCOUNT]), wildcards: true };
  const [own, ofSystem] = [account.getPublicKey(), system.getPublicKey()];
  const tokens = {
    operator: tokenOf(operator, operator, { type: 'operator', system_account: ofSystem }),
    account: tokenOf(operator, account, { type: 'account', limits: { ...limits, ...unlimited(OF_JETSTREAM) } }),
    system: tokenOf(operator, system, { type: 'account', limits }),
  };
  return {
    config: [
      `operator: ${tokens.operator}`,
      `system_account: ${ofSystem}`,
      'resolver: MEMORY',
      `resolver_preload: { ${own}: ${tokens.account}, ${ofSystem}: ${tokens.system} }`,
    ].join('\n'),
    credentials: userFile(),
    credentialsUntil: userFile,
  };
}

function unlimited(names: readonly string[]): Record<string, number> {
  return Object.fromEntries(names.map((name) => [name, NO_LIMIT]));
}

function seedOf(pair: Pair): string {
  return new TextDecoder().decode(pair.getSeed());
}

/** A JSON Web Token that is signed with an nkey. */
function tokenOf(issuer: Pair, subject: Pair, claims: object, expiresAt?: number): string {
  const exp = expiresAt && Math.floor(expiresAt / 1_000);
  const parts = [
    { typ: 'JWT', alg: 'ed25519-nkey' },
    { jti: '1', iat: 1, exp, iss: issuer.getPublicKey(), sub: subject.getPublicKey(), nats: { ...claims, version: 2 } },
  ].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
  const signed = parts.join('.');
  return `${signed}.${Buffer.from(issuer.sign(new TextEncoder().encode(signed))).toString('base64url')}`;
}
