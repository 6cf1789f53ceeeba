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

const PATTERN = /^(?:(\w+):\/\/)?(?:[^/?#@]*@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?([^?#]*)(?:\?([^#]*))?/;

/** Splits an address. Missing parts are empty. */
export function parseAddress(uri: string): Address {
  const [, protocol = '', host = '', port = '', path = '', query = ''] = PATTERN.exec(uri) ?? [];
  return { protocol, host: stripBrackets(host), port, path, query };
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
  /** The whole address, for the engine. */
  source: string;
  /** Identifies the endpoint: all of its addresses have one id. */
  id: string;
}

/**
 * Completes an address from the page: `/admin`, `//host`, `host:port`, or no address at all. Outside a page, an address
 * without a protocol means `https`, and a missing address means `http://localhost`.
 */
export function resolveAddress(
  uri: string | undefined,
  path: string,
  page: Pick<Location, 'protocol' | 'host'> | undefined = globalThis.location,
): ResolvedAddress {
  const { protocol, host } = page ?? { protocol: 'http:', host: 'localhost' };
  let source = (uri ?? `//${host}`).replace(/^\/(?!\/)/, `//${host}/`).replace(/^\/\//, `${protocol}//`);
  if (!/^\w+:\/\//.test(source)) source = `${page ? protocol : 'https:'}//${source}`;
  const address = parseAddress(source);
  address.port ||= isSecure(address.protocol) ? '443' : '80';
  address.path ||= '/';
  return { ...address, source, id: `${address.protocol}://${addBrackets(address.host)}:${address.port}${path}` };
}
