/** Lists the URLs where a server can be reached. */
import type { AddressInfo } from 'node:net';
import type { networkInterfaces } from 'node:os';
import { formatEndpoint, isAnyHost } from 'naru/base';
import type { ServerEndpoint } from 'naru/wire';

/** The network interfaces of this machine, in the form of `node:os`. */
export type Interfaces = ReturnType<typeof networkInterfaces>;

/**
 * Returns the URLs of a server that listens on `address`, `localhost` first. A server that listens on every address has
 * a URL for each.
 */
export function listUrls({ address: bound, port }: AddressInfo, interfaces: Interfaces): string[] {
  const own = Object.values(interfaces).flatMap((entries) => entries ?? []);
  // Only IPv4 is listed. An interface has many IPv6 addresses, and some need a zone.
  const reachable = own.filter((entry) => !entry.internal && entry.family === 'IPv4').map((entry) => entry.address);
  const hosts = isAnyHost(bound) ? ['localhost', ...reachable] : [nameOf(bound)];
  return hosts.map((host) => formatEndpoint({ scheme: 'http', host, port, path: '/' }));
}

/**
 * Returns the URLs of the open endpoints, with their actual ports. An endpoint on every address is shown as
 * `localhost`.
 */
export function listEndpoints(endpoints: readonly ServerEndpoint[]): string[] {
  return endpoints.map(({ url, address }) => {
    if (!isAddressInfo(address)) return url;
    const scheme = url.slice(0, url.indexOf(':'));
    const host = isAnyHost(address.address) ? 'localhost' : nameOf(address.address);
    return formatEndpoint({ scheme, host, port: address.port, path: '' });
  });
}

function isAddressInfo(address: unknown): address is AddressInfo {
  return typeof address === 'object' && address !== null && 'port' in address;
}

function nameOf(address: string): string {
  return address === '127.0.0.1' || address === '::1' ? 'localhost' : address;
}
