/** Parses the addresses that `io()` and the engine accept. */

/** The parts of an address. The text is unchanged, because a path is the name of a namespace. */
export interface Address {
  /** `http`, `https`, `ws`, `wss` or another scheme. Empty when it is missing. */
  protocol: string;
  /** Host name, or an IPv6 address without brackets. */
  host: string;
  port: string;
  path: string;
  query: string;
}

const PATTERN =
  /^(?<protocol>\w+(?=:\/\/)|)(?::?\/\/)?(?:[^/?#@]*@)?(?<host>\[[^\]]*\]|[^:/?#]*):?(?<port>\d*)(?<path>[^?#]*)\??(?<query>[^#]*)/;

/** Splits an address. Missing parts are empty. */
export function parseAddress(uri: string): Address {
  // Each group may be empty, so that the pattern matches every text.
  const address = PATTERN.exec(uri)?.groups as unknown as Address;
  return { ...address, host: stripBrackets(address.host) };
}

/** Whether the protocol of an address uses TLS: `https`, `wss` or `tls`. */
export function isSecure(protocol: string): boolean {
  return /..s$/.test(protocol);
}

/** Removes the brackets of an IPv6 host. */
export function stripBrackets(host: string): string {
  return host.replace(/^\[|]$/g, '');
}

/** Adds brackets to an IPv6 host, as an address needs them. */
export function addBrackets(host: string): string {
  return host.replace(/.*:.*/, '[$&]');
}

/** A completed address. */
export interface ResolvedAddress extends Address {
  /** The address for the engine, which needs no namespace. */
  source: string;
  /** Identifies the endpoint: all of its addresses have one id. */
  id: string;
}

/**
 * Completes an address from the page: `/admin`, `//host`, `host:port`, or no address at all. Outside a page, an address
 * without a protocol means `https`, and a missing address means `http://localhost`.
 */
export function resolveAddress(
  uri = '',
  path: string,
  page: Pick<Location, 'protocol' | 'host'> | undefined = globalThis.location,
): ResolvedAddress {
  const isOwn = /^(\/(?!\/)|$)/.test(uri);
  const own = page ?? { protocol: isOwn ? 'http:' : 'https:', host: 'localhost' };
  const address = parseAddress(isOwn ? own.host + uri : uri);
  address.protocol ||= own.protocol.slice(0, -1);
  address.port ||= isSecure(address.protocol) ? '443' : '80';
  address.path ||= '/';
  const origin = `${address.protocol}://${addBrackets(address.host)}:${address.port}`;
  return { ...address, source: `${origin}?${address.query}`, id: origin + path };
}
