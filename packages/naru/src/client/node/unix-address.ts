/**
 * Addresses that only Node's client accepts: `tcp://host:port`, and Unix sockets as `unix:/run/naru.sock` or, with a
 * namespace, `unix:/run/naru.sock:/chat`.
 */
import { ConfigError } from '../../base/errors.js';

const PREFIX = 'unix://';

/**
 * Rewrites the address of a Unix socket to the common form, with the path of the socket as the host:
 * `unix://%2Frun%2Fnaru.sock/chat`. Other addresses stay as they are. Throws ConfigError for an address without a port,
 * unless its scheme is one of HTTP and WebSocket, which have a default port.
 */
export function rewriteAddress(uri: string): string {
  const [, path, namespace = ''] = /^unix:(\/(?!\/[^/]).*?)(?::(\/.*))?$/.exec(uri) ?? [];
  if (path === undefined) {
    if (/^(?!(?:http|ws)s?:|unix:)[a-z][a-z\d+.-]*:\/\/(\[[^\]]*\]|[^:/?#]*)(:?[/?#]|:?$)/i.test(uri))
      throw new ConfigError(
        'BAD_ARGUMENT',
        `"${uri}" has no port: add one, as in ${uri.split('/', 3).join('/').replace(/:$/, '')}:4000`,
      );
    return uri;
  }
  // unix:/path and unix:///path are the same.
  return PREFIX + encodeURIComponent(path.replace(/^\/\/\//, '/')) + namespace;
}

/** Returns the path of the Unix socket that a rewritten host stands for, or `undefined` for a real host. */
export function socketPathOf(host: string): string | undefined {
  return host.startsWith('%2F') ? decodeURIComponent(host) : undefined;
}
