/** Reads the endpoints that callers pass, and writes those that Node's sockets report. */
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';
import { ConfigError, type Endpoint, formatEndpoint, parseEndpoint, SOCKET_PATH_BYTES_MAX } from 'naru/base';

/** An endpoint in either form that a caller may pass. */
export type EndpointLike = string | Endpoint;

/** The schemes of stream sockets. */
export const STREAM_SCHEMES: readonly string[] = ['tcp', 'tls', 'unix'];

/** The schemes of datagram sockets. */
export const DATAGRAM_SCHEMES: readonly string[] = ['udp'];

/** Reads and checks an endpoint. Throws a ConfigError (BAD_ARGUMENT) that names it and the fix. */
export function toEndpoint(given: EndpointLike, schemes: readonly string[]): Endpoint {
  if (isPlainAddress(given) && schemes.includes(given.scheme)) return given;
  const text = isEndpoint(given) ? formatEndpoint(given) : given;
  const endpoint = parseEndpoint(text, { schemes });
  if (endpoint.scheme === 'unix' && Buffer.byteLength(endpoint.path) > SOCKET_PATH_BYTES_MAX) {
    // Node would silently truncate the path and listen somewhere else.
    const fix = `a path of a Unix socket has at most ${SOCKET_PATH_BYTES_MAX} bytes; use a shorter one`;
    throw new ConfigError('BAD_ARGUMENT', `${JSON.stringify(text)} is too long: ${fix}`);
  }
  return endpoint;
}

/** Whether an endpoint is a plain IPv4 address, as sockets report it. Such an endpoint needs no parsing. */
function isPlainAddress(given: EndpointLike): given is Endpoint {
  if (!isEndpoint(given) || given.scheme === 'unix' || given.path !== '' || isIP(given.host) !== 4) return false;
  return Number.isInteger(given.port) && given.port >= 0 && given.port <= 65_535;
}

function isEndpoint(given: unknown): given is Endpoint {
  if (typeof given !== 'object' || given === null) return false;
  const { scheme, host, port, path } = given as Partial<Record<keyof Endpoint, unknown>>;
  const texts = [scheme, host, path];
  return typeof port === 'number' && texts.every((text) => typeof text === 'string');
}

/** Reads and checks an endpoint to send or connect to. Its port cannot be 0. */
export function toPeerEndpoint(given: EndpointLike, schemes: readonly string[]): Endpoint {
  const endpoint = toEndpoint(given, schemes);
  if (endpoint.port !== 0 || endpoint.scheme === 'unix') return endpoint;
  throw new ConfigError(
    'BAD_ARGUMENT',
    `"${formatEndpoint(endpoint)}" has port 0, which cannot be connected to: use 1 to 65535`,
  );
}

/** Returns the endpoint of an address that Node reports; an IPv4 address in IPv6 form is written as IPv4. */
export function endpointOf(scheme: string, host: string, port: number, path = ''): Endpoint {
  const isMapped = host.startsWith('::ffff:') && isIP(host.slice(7)) === 4;
  return { scheme, host: isMapped ? host.slice(7) : host, port, path };
}

/** Whether a host is an IP address, which needs no lookup. */
export function isAddress(host: string): boolean {
  return isIP(host) !== 0;
}
