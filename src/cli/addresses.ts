/** Says where a server can be reached, in URLs that a person can open. */
import type { AddressInfo } from 'node:net';
import type { networkInterfaces } from 'node:os';
import type { ServerEndpoint } from '../server/endpoints/endpoint.js';

/** The addresses of this machine, as `node:os` tells them. */
export type Interfaces = ReturnType<typeof networkInterfaces>;

/** The URLs of a server that listens on `address`, the nearest first. One that listens on every address has one for each. */
export function listUrls(address: AddressInfo, interfaces: Interfaces): string[] {
  const { address: bound, port } = address;
  if (!isEvery(bound)) return [writeUrl(bound, port)];
  const own = Object.values(interfaces).flatMap((entries) => entries ?? []);
  // A person can open an IPv4 address; the IPv6 ones of an interface are many, and some need a zone.
  const reachable = own.filter((entry) => !entry.internal && entry.family === 'IPv4').map((entry) => entry.address);
  return ['localhost', ...reachable].map((host) => writeUrl(host, port));
}

/** The URLs of the open endpoints, with their actual ports. An endpoint on every address is shown as `localhost`. */
export function listEndpoints(endpoints: readonly ServerEndpoint[]): string[] {
  return endpoints.map(({ url, address }) => {
    const scheme = url.slice(0, url.indexOf(':'));
    if (!isAddressInfo(address)) return url;
    return `${scheme}://${writeHost(isEvery(address.address) ? '127.0.0.1' : address.address)}:${address.port}`;
  });
}

function isAddressInfo(address: unknown): address is AddressInfo {
  return typeof address === 'object' && address !== null && 'port' in address;
}

function isEvery(address: string): boolean {
  return address === '::' || address === '0.0.0.0';
}

function writeHost(host: string): string {
  if (host === '127.0.0.1' || host === '::1') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

function writeUrl(host: string, port: number): string {
  return `http://${writeHost(host)}:${port}/`;
}
