/** Says where a server can be reached, in URLs that a person can open. */
import type { AddressInfo } from 'node:net';
import type { networkInterfaces } from 'node:os';

/** The addresses of this machine, as `node:os` tells them. */
export type Interfaces = ReturnType<typeof networkInterfaces>;

/** The URLs of a server that listens on `address`, the nearest first. One that listens on every address has one for each. */
export function listUrls(address: AddressInfo, interfaces: Interfaces): string[] {
  const { address: bound, port } = address;
  if (bound !== '::' && bound !== '0.0.0.0') return [writeUrl(bound, port)];
  const own = Object.values(interfaces).flatMap((entries) => entries ?? []);
  // A person can open an IPv4 address; the IPv6 ones of an interface are many, and some need a zone.
  const reachable = own.filter((entry) => !entry.internal && entry.family === 'IPv4').map((entry) => entry.address);
  return ['localhost', ...reachable].map((host) => writeUrl(host, port));
}

function writeUrl(host: string, port: number): string {
  if (host === '127.0.0.1' || host === '::1') return `http://localhost:${port}/`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}/`;
}
