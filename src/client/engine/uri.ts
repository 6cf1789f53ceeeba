/** Reads the addresses that `io()` and the engine take. */

/** The parts of an address; text exactly as it was written, because a path is the name of a namespace. */
export interface Address {
  /** `http`, `https`, `ws` or `wss`; empty when it was not said. */
  protocol: string;
  /** Host name, an IPv6 one without brackets. */
  host: string;
  port: string;
  path: string;
  query: string;
}

const PATTERN = /^(?:(\w+):\/\/)?(?:[^/?#@]*@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d+))?([^?#]*)(?:\?([^#]*))?/;

/** Splits an address; what cannot be split is empty. */
export function parseAddress(uri: string): Address {
  const [, protocol = '', host = '', port = '', path = '', query = ''] = PATTERN.exec(uri) ?? [];
  return { protocol, host: stripBrackets(host), port, path, query };
}

/** Whether a protocol of an address means TLS. */
export function isSecure(protocol: string): boolean {
  return /^(http|ws|tl)s$/.test(protocol);
}

/** An IPv6 host without its brackets. */
export function stripBrackets(host: string): string {
  return host.startsWith('[') ? host.slice(1, -1) : host;
}

/** An IPv6 host with brackets, as an address has it. */
export function addBrackets(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** An address as `io()` understands it. */
export interface ResolvedAddress extends Address {
  /** The whole address, for the engine. */
  source: string;
  /** The same for all addresses that lead to one endpoint. */
  id: string;
}

/**
 * Completes what was left out of an address from the page: `/admin`, `//host`, `host:port` and nothing at all. Outside of a page
 * an address without a protocol means `https`, and none at all `http://localhost`.
 */
export function resolveAddress(
  uri: string | undefined,
  path: string,
  page: Pick<Location, 'protocol' | 'host'> | undefined = globalThis.location,
): ResolvedAddress {
  const { protocol, host } = page ?? { protocol: 'http:', host: 'localhost' };
  let source = uri ?? `${protocol}//${host}`;
  if (source.startsWith('//')) source = protocol + source;
  else if (source.startsWith('/')) source = `${protocol}//${host}${source}`;
  else if (!/^\w+:\/\//.test(source)) source = `${page ? protocol : 'https:'}//${source}`;
  const address = parseAddress(source);
  address.port ||= isSecure(address.protocol) ? '443' : '80';
  address.path ||= '/';
  return { ...address, source, id: `${address.protocol}://${addBrackets(address.host)}:${address.port}${path}` };
}
