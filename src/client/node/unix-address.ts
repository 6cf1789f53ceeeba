/** Addresses of Unix sockets: `unix:/run/naru.sock`, and with a namespace `unix:/run/naru.sock:/chat`. */

const PREFIX = 'unix://';

/**
 * The address in the form that all addresses have, in which the path of the socket stands for the host: `unix://%2Frun%2Fnaru.sock/chat`.
 * Others stay as they are.
 */
export function rewriteAddress(uri: string): string {
  const [, path, namespace = ''] = /^unix:(\/(?!\/[^/]).*?)(?::(\/.*))?$/.exec(uri) ?? [];
  if (path === undefined) return uri;
  // unix:/path and unix:///path are the same.
  return PREFIX + encodeURIComponent(path.replace(/^\/\/\//, '/')) + namespace;
}

/** The path of the socket that such a host stands for; `undefined` for a host that is one. */
export function socketPathOf(host: string): string | undefined {
  return host.startsWith('%2F') ? decodeURIComponent(host) : undefined;
}
