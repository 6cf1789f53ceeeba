/** Binds, connects and sends with Node's datagram sockets, as promises. Every address is already an IP address. */
import type { Buffer } from 'node:buffer';
import { createSocket, type Socket } from 'node:dgram';
import { isIP } from 'node:net';
import { ConfigError, type Endpoint, formatEndpoint } from 'naru/base';
import { closedError, failureOf } from '../failures.js';

/**
 * Opens a socket that is bound to an address. `::` means every address, including IPv4; a machine without IPv6 gets
 * `0.0.0.0`.
 */
export async function bindSocket(given: Endpoint, address: string): Promise<Socket> {
  try {
    return await bindAt(given, address);
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    const isWithoutIpv6 =
      cause instanceof Error && 'code' in cause && /^E(AFNOSUPPORT|INVAL|ADDRNOTAVAIL)$/.test(String(cause.code));
    if (address !== '::' || given.host !== '' || !isWithoutIpv6) throw error;
    return bindAt(given, '0.0.0.0');
  }
}

/** Fixes the peer of a socket. */
export function connectSocket(socket: Socket, peer: Endpoint, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Node reports a failure only to this callback, not by an event.
    socket.connect(peer.port, address, ((cause?: Error) => {
      if (cause) reject(failureOf('connect', formatEndpoint(peer), cause));
      else resolve();
    }) as () => void);
  });
}

/**
 * Sends one datagram to `address`, or to the connected peer without one. Errors name `peer`. `onSettled` is called in
 * the same turn.
 */
export function sendDatagram(
  socket: Socket,
  bytes: Buffer,
  peer: Endpoint | undefined,
  address: string | undefined,
  onSettled: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const onSent = (cause: NodeJS.ErrnoException | null): void => {
      onSettled();
      if (!cause) resolve();
      else reject(refusal(bytes, peer === undefined ? 'the peer' : formatEndpoint(peer), cause));
    };
    try {
      if (address === undefined || peer === undefined) socket.send(bytes, onSent);
      else socket.send(bytes, peer.port, address, onSent);
    } catch (cause) {
      onSent(cause as NodeJS.ErrnoException);
    }
  });
}

/**
 * Returns an address in the form that a socket accepts: a socket bound to IPv6 takes IPv4 addresses as
 * `::ffff:1.2.3.4`.
 */
export function addressFor(address: string, isSocketIpv4: boolean): string {
  if (isSocketIpv4 === (isIP(address) === 4)) return address;
  if (!isSocketIpv4) return `::ffff:${address}`;
  const fix = 'and the socket is bound to an IPv4 one: bind it to udp://:0';
  throw new ConfigError('BAD_ARGUMENT', `${address} is an IPv6 address, ${fix}`);
}

function bindAt(given: Endpoint, address: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    // Callers look up names first, so a send to a known address goes out in the same turn.
    const socket = createSocket({ type: isIP(address) === 4 ? 'udp4' : 'udp6', lookup: asItIs });
    const onError = (cause: Error): void => {
      socket.off('error', onError).on('error', ignore).close();
      reject(failureOf('bind', formatEndpoint(given), cause));
    };
    socket.on('error', onError);
    socket.bind({ address, port: given.port, exclusive: true }, () => {
      socket.off('error', onError);
      resolve(socket);
    });
  });
}

function refusal(bytes: Buffer, where: string, cause: NodeJS.ErrnoException): Error {
  if (cause.code === 'ECANCELED') return closedError(`send to ${where}`);
  if (cause.code !== 'EMSGSIZE') return failureOf('datagram', where, cause);
  const text = `a datagram of ${bytes.byteLength} bytes is too large for the path to ${where} (EMSGSIZE): send less`;
  return new ConfigError('BAD_ARGUMENT', text);
}

/**
 * A lookup for IP addresses, which returns them unchanged. Node's own lookup would ask its resolver for each of them, a
 * turn later.
 */
export function asItIs(
  address: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, address, isIP(address) === 4 ? 4 : 6);
}

function ignore(): void {}
