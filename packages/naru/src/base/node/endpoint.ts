/** Parses and formats endpoints: the addresses at which sockets listen or connect, such as `tcp://127.0.0.1:8000`. */
import { isIPv4, isIPv6 } from 'node:net';
import { ConfigError } from '../errors.js';

/** The address at which a socket listens or connects. */
export interface Endpoint {
  /** Scheme in lower case and without the colon: `tcp`, `udp`, `tls`, `unix`, ... */
  readonly scheme: string;
  /**
   * A name, an IPv4 address, or an IPv6 address without its brackets. Empty if the text names no host, and for `unix`.
   */
  readonly host: string;
  /** Port from 0 to 65535. A listener with port 0 gets any free port. 0 for `unix`. */
  readonly port: number;
  /**
   * For `unix`, the path of the socket. For others, the text from the `/` or `?` after the port, if that is allowed.
   */
  readonly path: string;
}

/** Rules for `parseEndpoint`. */
export interface EndpointRules {
  /** The supported schemes, in lower case. */
  readonly schemes: readonly string[];
  /** The default port, for all schemes or for each by name. @default none: the text must have a port */
  readonly defaultPort?: number | Readonly<Record<string, number | undefined>>;
  /** Whether a path or a query may follow the port. A single `/` is always allowed, and dropped. @default false */
  readonly allowsPath?: boolean;
}

/**
 * The most bytes in the path of a Unix socket. `sun_path` has 108 on Linux and 104 on macOS and BSD, the last of which
 * is a NUL.
 */
export const SOCKET_PATH_BYTES_MAX = process.platform === 'linux' ? 107 : 103;

/**
 * Parses an endpoint: `scheme://host:port`, `scheme://:port`, `scheme://[IPv6]:port`, `unix:/path` or `unix:///path`.
 * Throws a ConfigError (BAD_ARGUMENT) that names the text and what to write instead. Does not resolve names.
 */
export function parseEndpoint(text: string, rules: EndpointRules): Endpoint {
  const { schemes } = rules;
  const [, written, rest = ''] = (typeof text === 'string' ? /^([a-z][a-z\d+.-]*):(.*)$/is.exec(text) : null) ?? [];
  const scheme = written?.toLowerCase();
  if (scheme === undefined || (scheme !== 'unix' && !rest.startsWith('//'))) {
    throw refuse(text, `is not an endpoint: write one like ${exampleOf(schemes)}`);
  }
  if (!schemes.includes(scheme)) {
    throw refuse(text, `has the scheme "${abbreviate(scheme)}", which is not supported here: use ${listOf(schemes)}`);
  }
  if (scheme === 'unix') return { scheme, host: '', port: 0, path: readSocketPath(text, rest) };
  const [, authority = '', path = ''] = /^\/\/([^/?#]*)(.*)$/s.exec(rest) ?? [];
  if (/[\s\0]/.test(rest)) throw refuse(text, 'contains white space: leave it out');
  if (authority.includes('@')) {
    // The part before the @ may be a secret, and messages are logged.
    const shown = `${scheme}://...@${authority.slice(authority.lastIndexOf('@') + 1)}`;
    throw refuse(shown, 'contains a user: leave out the part before the @');
  }
  if (path !== '' && path !== '/' && rules.allowsPath !== true) {
    throw refuse(text, `has a path or query after the port: leave out "${abbreviate(path)}"`);
  }
  if (path.includes('#')) throw refuse(text, 'has a fragment: leave out the part from the # on');
  return { scheme, ...readAuthority(text, scheme, authority, rules), path: path === '/' ? '' : path };
}

/** Formats an endpoint, so that `parseEndpoint` returns the same endpoint for the text. */
export function formatEndpoint({ scheme, host, port, path }: Endpoint): string {
  if (scheme === 'unix') return path.startsWith('//') ? `unix://${path}` : `unix:${path}`;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}

/** Whether a host means every address of a machine. No other machine reaches one by it. */
export function isAnyHost(host: string): boolean {
  return host === '' || host === '0.0.0.0' || host === '::';
}

/**
 * Whether `text` is an IPv6 address without brackets (RFC 4291, section 2.2), with or without a zone (`fe80::1%eth0`).
 */
export function isIpv6(text: string): boolean {
  const [address = '', zone, ...more] = text.split('%');
  return more.length === 0 && (zone === undefined || /^[\w.~-]{1,32}$/.test(zone)) && isIPv6(address);
}

function readSocketPath(text: string, rest: string): string {
  const path = rest.startsWith('///') ? rest.slice(2) : rest;
  if (path === '') throw refuse(text, 'has no path: write one like unix:/run/naru.sock');
  if (path.startsWith('//') && !rest.startsWith('////')) {
    throw refuse(text, 'names a host, but a Unix socket has none: write it like unix:/run/naru.sock');
  }
  if (path.includes('\0')) throw refuse(text, 'has a NUL in its path: leave it out');
  return path;
}

function readAuthority(
  text: string,
  scheme: string,
  authority: string,
  rules: EndpointRules,
): Pick<Endpoint, 'host' | 'port'> {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(authority);
  if (match === null) {
    const isBare = isIpv6(authority.replace(/:\d*$/, '')) || isIpv6(authority);
    throw refuse(
      text,
      isBare ? `has an IPv6 address without brackets: write it like ${scheme}://[::1]:8000` : notOne(scheme),
    );
  }
  const [, bracketed, host = '', portText] = match;
  if (bracketed !== undefined && !isIpv6(bracketed)) {
    throw refuse(text, `has "${abbreviate(bracketed)}" in brackets, which is not an IPv6 address`);
  }
  if (bracketed === undefined) checkHost(text, host);
  return { host: bracketed ?? host, port: readPort(text, scheme, portText, rules) };
}

function notOne(scheme: string): string {
  return `is not an endpoint: write one like ${scheme}://127.0.0.1:8000`;
}

function checkHost(text: string, host: string): void {
  if (host === '' || isIPv4(host)) return;
  if (/^[\d.]+$/.test(host)) {
    throw refuse(
      text,
      `has the host "${abbreviate(host)}", which is not an IPv4 address: write four numbers from 0 to 255`,
    );
  }
  // Names that resolvers accept: RFC 1123, and the underscore, which is also in use.
  const isName =
    host.length <= 253 && /^[a-z\d_]([\w-]{0,61}[a-z\d_])?(\.[a-z\d_]([\w-]{0,61}[a-z\d_])?)*\.?$/i.test(host);
  if (isName) return;
  const fix = /[^\0-\x7f]/.test(host)
    ? 'write it in its ASCII form (xn--...)'
    : 'use letters, digits, hyphens and dots';
  throw refuse(text, `has the host "${abbreviate(host)}", which is not a valid name: ${fix}`);
}

function readPort(text: string, scheme: string, portText: string | undefined, { defaultPort }: EndpointRules): number {
  if (portText === undefined) {
    const port = typeof defaultPort === 'object' ? defaultPort[scheme] : defaultPort;
    if (port !== undefined) return port;
    throw refuse(text, `has no port: add one after the host, as in ${scheme}://127.0.0.1:8000`);
  }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN;
  if (port <= 65_535) return port;
  throw refuse(text, `has the port "${abbreviate(portText)}": use a number from 0 to 65535`);
}

/** Shortens a text for a message, because command lines and configuration may contain very long ones. */
function abbreviate(text: string): string {
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function refuse(text: unknown, what: string): ConfigError {
  const shown = typeof text === 'string' ? JSON.stringify(abbreviate(text)) : `A value of type ${typeof text}`;
  return new ConfigError('BAD_ARGUMENT', `${shown} ${what}`);
}

function exampleOf(schemes: readonly string[]): string {
  const scheme = schemes.find((each) => each !== 'unix');
  return scheme === undefined ? 'unix:/run/naru.sock' : `${scheme}://127.0.0.1:8000`;
}

function listOf(schemes: readonly string[]): string {
  return schemes.map((scheme) => (scheme === 'unix' ? 'unix:' : `${scheme}://`)).join(', ');
}
