/** What carries the frames of a STOMP client: a TCP or TLS connection, or a WebSocket. */
import * as net from 'node:net';
import * as tls from 'node:tls';
import { parseEndpoint } from '../../../base/endpoint.js';
import { UnavailableError } from '../../../base/errors.js';
import { connect } from '../../../transport/websocket/api/functions.js';
import type { Trust } from './wire-client.js';

/** What hears of the bytes. */
export interface CarrierEvents {
  onChunk(chunk: Uint8Array): void;
  onNote(text: string): void;
  /** It is over; called once after it was opened. */
  onEnd(reason: string): void;
}

/** A connection for frames. */
export interface Carrier {
  /** The name of the machine. */
  readonly host: string;
  /** The namespace that the address names; empty for the main one. */
  readonly namespace: string;
  write(text: string): void;
  end(): void;
}

const PORTS = { stomp: 61_613, stomps: 61_614 };

/**
 * Connects to `stomp://host:port/namespace`, `stomps://`, `stomp+ws://host/path#/namespace` or `stomp+wss://`. Rejects with what
 * the network says, and with CLOSED when `signal` is aborted first.
 */
export function openCarrier(url: string, trust: Trust, signal: AbortSignal, events: CarrierEvents): Promise<Carrier> {
  return /^stomp\+wss?:/i.test(url)
    ? overWebSocket(new URL(url.replace(/^stomp\+/i, '')), trust, signal, events)
    : overStream(url, trust, signal, events);
}

async function overWebSocket(address: URL, trust: Trust, signal: AbortSignal, events: CarrierEvents): Promise<Carrier> {
  const namespace = decodeURIComponent(address.hash.slice(1));
  address.hash = '';
  const socket = await connect(address, { ...trust, signal, protocols: ['v12.stomp'] });
  socket.on('message', (data) => events.onChunk(typeof data === 'string' ? Buffer.from(data) : data));
  socket.on('close', (code, reason) => events.onEnd(reason === '' ? `closed with ${code}` : reason));
  socket.on('error', (error) => events.onNote(error.message));
  return {
    host: address.hostname.replace(/^\[|\]$/g, ''),
    namespace,
    write: (text) => socket.send(text),
    end: () => socket.close(1000),
  };
}

async function overStream(url: string, trust: Trust, signal: AbortSignal, events: CarrierEvents): Promise<Carrier> {
  const endpoint = parseEndpoint(url, { schemes: ['stomp', 'stomps'], defaultPort: PORTS, allowsPath: true });
  const host = endpoint.host || 'localhost';
  const { port, path } = endpoint;
  const isSecure = endpoint.scheme === 'stomps';
  // An address has no name that a server could be asked for.
  const servername = net.isIP(host) === 0 ? host : '';
  const socket = isSecure ? tls.connect({ ...trust, host, port, servername }) : net.connect({ host, port });
  await new Promise<void>((resolve, reject) => {
    const giveUp = (): void => {
      socket.destroy();
      reject(new UnavailableError('CLOSED', 'closed'));
    };
    signal.addEventListener('abort', giveUp, { once: true });
    socket.once(isSecure ? 'secureConnect' : 'connect', resolve);
    socket.once('error', reject);
  });
  let reason = 'the server closed the connection';
  socket.on('error', (error) => {
    reason = error.message;
  });
  socket.on('data', (chunk) => events.onChunk(chunk));
  socket.on('close', () => events.onEnd(reason));
  return { host, namespace: path, write: (text) => socket.write(text), end: () => socket.end() };
}
