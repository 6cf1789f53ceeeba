/** The options of links to servers on other machines. */

import { ConfigError } from '../../base/errors.js';
import { type Endpoint, isAnyHost, parseEndpoint } from '../../base/node/endpoint.js';
import { secret, value } from '../../base/options/kinds.js';
import { type Option, type OptionsOf, options } from '../../base/options/table.js';

/** The place at which a node takes links. */
export type LinkAddress = Pick<Endpoint, 'host' | 'port'>;

/** Returns the address of an option or an entry. `undefined` if it is not one that another machine can reach. */
export function readLinkAddress(text: unknown): LinkAddress | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    const { host, port } = parseEndpoint(text, { schemes: ['tcp'] });
    return port === 0 || isAnyHost(host) ? undefined : { host, port };
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

/** Secrets at once. Two are enough to change one. */
const SECRETS_MAX = 4;

type Secrets = string | readonly string[];

/** One secret or a short list. Reads as a list. */
const secrets: Option<Secrets, readonly string[] | undefined> = {
  expects: `a string of at least 16 characters, or a list of 1 to ${SECRETS_MAX} of them`,
  initial: undefined,
  isValid: (given) => {
    const all: readonly unknown[] = Array.isArray(given) ? given : [given];
    return all.length >= 1 && all.length <= SECRETS_MAX && all.every(isLong);
  },
  keep: (given) => Object.freeze(typeof given === 'string' ? [given] : [...given]),
};

function isLong(given: unknown): boolean {
  return typeof given === 'string' && given.length >= 16;
}

/** The table of `links`. */
export const linksTable = options('links', {
  /**
   * Address at which the other servers reach this one, such as `"tcp://10.0.0.5:4100"`. The server listens there, and
   * the others learn it from the backplane. @default none: the others pass polls on to this server through the
   * backplane, and no upgrades
   */
  address: value<string>(
    'an address that the other machines reach, such as "tcp://10.0.0.5:4100"',
    (given) => readLinkAddress(given) !== undefined,
  ),
  /**
   * Secret of at least 16 characters that all servers share. It encrypts the links, and proves both ends to each other.
   * With a list of up to four, the server accepts all of them and makes its own links with the first, so that the
   * secret can be changed while servers run.
   * @default none: the server has no links
   */
  secret: secret(secrets),
});

/** Options of links between machines, as `links` of the server's options. */
export interface LinksOptions extends OptionsOf<typeof linksTable> {}
