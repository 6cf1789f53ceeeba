/** Addresses that only Node's client has: `tcp://host:port`, and Unix sockets as `unix:/run/naru.sock` or, with a namespace, `unix:/run/naru.sock:/chat`. */
import { ConfigError } from '../../base/errors.js';

const PREFIX = 'unix://';

/**
 * The address in the form that all addresses have, in which the path of the socket stands for the host: `unix://%2Frun%2Fnaru.sock/chat`.
 * Others stay as they are. Throws ConfigError for an address of TCP or UDP without a port: there is none that is usual.
 */
export function rewriteAddress(uri: string): string {
  const [, path, namespace = ''] = /^unix:(\/(?!\/[^/]).*?)(?::(\/.*))?$/.exec(uri) ?? [];
  if (path === undefined) {
    if (/^(tcp|tls|udp):\/\/(\[[^\]]*\]|[^:/?#]*)(:?[/?#]|:?$)/i.test(uri))
      throw new ConfigError(
        'BAD_ARGUMENT',
        `"${uri}" has no port; write one, as in ${uri.split('/', 3).join('/').replace(/:$/, '')}:4000`,
      );
    return uri;
  }
  // unix:/path and unix:///path are the same.
  return PREFIX + encodeURIComponent(path.replace(/^\/\/\//, '/')) + namespace;
}

/** The path of the socket that such a host stands for; `undefined` for a host that is one. */
export function socketPathOf(host: string): string | undefined {
  return host.startsWith('%2F') ? decodeURIComponent(host) : undefined;
}
