/** Endpoints as text: where a socket listens or connects to, as `tcp://127.0.0.1:8000` or `unix:/run/naru.sock`. */
import { isIPv4, isIPv6 } from 'node:net';
import { ConfigError } from './errors.js';

/** Where a socket listens or connects to. */
export interface Endpoint {
  /** In lower case and without the colon: `tcp`, `udp`, `tls`, `unix`, ... */
  readonly scheme: string;
  /** A name, an IPv4 address, or an IPv6 address without its brackets. Empty where none is given, and for `unix`. */
  readonly host: string;
  /** 0 to 65535; 0 when listening is for any port that is free. 0 for `unix`. */
  readonly port: number;
  /** For `unix` the path of the socket. For others what follows the port, from its `/` or `?` on, where that is allowed. */
  readonly path: string;
}

/** What is expected of an endpoint. */
export interface EndpointRules {
  /** The schemes that are known, in lower case. */
  readonly schemes: readonly string[];
  /** The port where none is given, for all schemes or for each by its name. @default none: a port has to be given */
  readonly defaultPort?: number | Readonly<Record<string, number>>;
  /** Whether something may follow the port, a path or a query; `/` alone always may, and is dropped. @default false */
  readonly allowsPath?: boolean;
}

/**
 * Reads an endpoint: `scheme://host:port`, `scheme://:port`, `scheme://[IPv6]:port`, `unix:/path` or `unix:///path`.
 * Throws a ConfigError (BAD_ARGUMENT) that names the text and what to write instead. Pure: nothing is looked up.
 */
export function parseEndpoint(text: string, rules: EndpointRules): Endpoint {
  const { schemes } = rules;
  const [, written, rest = ''] = (typeof text === 'string' ? /^([a-z][a-z\d+.-]*):(.*)$/is.exec(text) : null) ?? [];
  const scheme = written?.toLowerCase();
  if (scheme === undefined || (scheme !== 'unix' && !rest.startsWith('//'))) {
    throw refuse(text, `is no endpoint: write one like ${exampleOf(schemes)}`);
  }
  if (!schemes.includes(scheme)) {
    throw refuse(text, `has the scheme "${abbreviate(scheme)}", which is not known here: use ${listOf(schemes)}`);
  }
  if (scheme === 'unix') return { scheme, host: '', port: 0, path: readSocketPath(text, rest) };
  const [, authority = '', path = ''] = /^\/\/([^/?#]*)(.*)$/s.exec(rest) ?? [];
  if (/[\s\0]/.test(rest)) throw refuse(text, 'has white space in it: leave it out');
  if (authority.includes('@')) {
    // What stands before the @ may be a secret, and messages are logged.
    const shown = `${scheme}://...@${authority.slice(authority.lastIndexOf('@') + 1)}`;
    throw refuse(shown, 'has a user in it: leave out what stands before the @');
  }
  if (path !== '' && path !== '/' && rules.allowsPath !== true) {
    throw refuse(text, `goes on behind the port: leave out "${abbreviate(path)}"`);
  }
  if (path.includes('#')) throw refuse(text, 'has a fragment: leave out what stands from the # on');
  return { scheme, ...readAuthority(text, scheme, authority, rules), path: path === '/' ? '' : path };
}

/** Writes an endpoint as `parseEndpoint` reads it, so that reading it again gives the same. */
export function formatEndpoint({ scheme, host, port, path }: Endpoint): string {
  if (scheme === 'unix') return path.startsWith('//') ? `unix://${path}` : `unix:${path}`;
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}${path}`;
}

/** Whether `text` is an IPv6 address without brackets (RFC 4291, section 2.2), with or without a zone (`fe80::1%eth0`). */
export function isIpv6(text: string): boolean {
  const [address = '', zone, ...more] = text.split('%');
  return more.length === 0 && (zone === undefined || /^[\w.~-]{1,32}$/.test(zone)) && isIPv6(address);
}

function readSocketPath(text: string, rest: string): string {
  const path = rest.startsWith('///') ? rest.slice(2) : rest;
  if (path === '') throw refuse(text, 'has no path: write one like unix:/run/naru.sock');
  if (path.startsWith('//') && !rest.startsWith('////')) {
    throw refuse(text, 'names a host, which a Unix socket has not: write it like unix:/run/naru.sock');
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
    throw refuse(text, `has "${abbreviate(bracketed)}" in brackets, which is no IPv6 address`);
  }
  if (bracketed === undefined) checkHost(text, host);
  return { host: bracketed ?? host, port: readPort(text, scheme, portText, rules) };
}

function notOne(scheme: string): string {
  return `is no endpoint: write one like ${scheme}://127.0.0.1:8000`;
}

function checkHost(text: string, host: string): void {
  if (host === '' || isIPv4(host)) return;
  if (/^[\d.]+$/.test(host)) {
    throw refuse(
      text,
      `has the host "${abbreviate(host)}", which is no IPv4 address: write one in four parts of 0 to 255`,
    );
  }
  // Names as resolvers take them: RFC 1123 and the underscore that people use.
  const isName =
    host.length <= 253 && /^[a-z\d_]([\w-]{0,61}[a-z\d_])?(\.[a-z\d_]([\w-]{0,61}[a-z\d_])?)*\.?$/i.test(host);
  if (isName) return;
  const fix = /[^\0-\x7f]/.test(host)
    ? 'write it in its ASCII form (xn--...)'
    : 'use letters, digits, hyphens and dots';
  throw refuse(text, `has the host "${abbreviate(host)}", which is no name: ${fix}`);
}

function readPort(text: string, scheme: string, portText: string | undefined, { defaultPort }: EndpointRules): number {
  if (portText === undefined) {
    const port = typeof defaultPort === 'object' ? defaultPort[scheme] : defaultPort;
    if (port !== undefined) return port;
    throw refuse(text, `has no port: write one behind the host, like ${scheme}://127.0.0.1:8000`);
  }
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : Number.NaN;
  if (port <= 65_535) return port;
  throw refuse(text, `has the port "${abbreviate(portText)}": use a number from 0 to 65535`);
}

/** Endpoints come from command lines and configuration; one that is far too long is not repeated whole. */
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
