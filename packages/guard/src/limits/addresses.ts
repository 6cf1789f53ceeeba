/** The address of a client behind proxies that are trusted. */
import type { Handshake } from 'naru';
import { ConfigError, networkOf } from 'naru/base';
import proxyAddr from 'proxy-addr';

/** Returns the network of the client of a handshake. Only trusted proxies are believed `X-Forwarded-For`. */
export type FindAddress = (handshake: Pick<Handshake, 'address' | 'headers'>) => string;

/** Returns how addresses are found. Throws ConfigError for what is not an address, a network or a known name. */
export function addressFinder(trusted: readonly string[]): FindAddress {
  if (trusted.length === 0) return ({ address }) => networkOf(address);
  const trust = compile(trusted);
  return ({ address, headers }) =>
    networkOf(proxyAddr({ connection: { remoteAddress: address }, headers } as never, trust));
}

function compile(trusted: readonly string[]): ReturnType<typeof proxyAddr.compile> {
  try {
    return proxyAddr.compile([...trusted]);
  } catch (cause) {
    const names = '"loopback", "linklocal" and "uniquelocal"';
    throw new ConfigError('BAD_OPTION', `Option "limits.trustProxy" takes addresses, networks, ${names}.`, cause);
  }
}
