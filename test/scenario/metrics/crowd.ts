/** Clients of the checker, which count what they do and see. */
import { once } from 'node:events';
import { connect as dial } from 'node:net';
import { createInterface } from 'node:readline';
import { io as stock } from 'socket.io-client';
import { expect, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import { io as ours } from '../../../packages/naru/src/client/index.js';
import type { Compared, Ledger } from './ledger.js';

/** A client of Socket.IO, as far as the checker uses it. Clients of Naru and stock clients have it. */
export interface Guest {
  readonly id?: string | undefined;
  readonly connected: boolean;
  readonly recovered?: boolean;
  auth: object;
  readonly io: {
    readonly engine: { readonly transport: { readonly name: string }; close(): unknown };
    readonly opts: { readonly transports?: readonly string[] };
    /** Stock clients have it. */
    uri?: string;
  };
  connect(): unknown;
  emit(event: string, ...args: readonly unknown[]): unknown;
  emitWithAck(event: string, ...args: readonly unknown[]): Promise<unknown>;
  on(event: string, listener: (...args: never[]) => void): unknown;
  once(event: string, listener: (...args: never[]) => void): unknown;
  disconnect(): unknown;
}

/** Milliseconds after which a client that is in no namespace is lost. */
const JOIN_MS_MAX = 20_000;

type Kind = 'stock' | 'ours';

/** Connects a client, which answers the event `greeted`. */
export function open(kind: Kind, url: string, options: object = {}): Guest {
  const given = { forceNew: true, reconnection: false, ...options };
  const guest = (kind === 'stock' ? stock(url, given) : ours(url, given)) as object as Guest;
  onTestFinished(() => void guest.disconnect());
  guest.on('greeted', (answer: (text: string) => void) => answer('hello'));
  return guest;
}

/** Connects a client, and resolves when it is in its namespace. */
export async function enter(kind: Kind, url: string, options: object = {}): Promise<Guest> {
  const guest = open(kind, url, options);
  await joined(guest);
  return guest;
}

/** Resolves when a client is in its namespace. */
export async function joined(guest: Guest): Promise<void> {
  if (guest.connected) return;
  await new Promise<void>((resolve, reject) => {
    guest.once('connect', () => resolve());
    guest.once('connect_error', (error: Error) => reject(error));
    setTimeout(() => reject(new Error(`no answer on ${guest.io.engine.transport.name}`)), JOIN_MS_MAX).unref();
  });
}

/** A client without a library, which sends events. */
export interface Plain {
  say(event: string, ...args: readonly unknown[]): void;
  readonly heard: string[];
  end(): void;
}

/** A person with `nc`. */
export async function openLine(tcp: string): Promise<Plain> {
  const { hostname, port } = new URL(tcp.replace('tcp', 'http'));
  const socket = dial(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const heard: string[] = [];
  createInterface({ input: socket }).on('line', (line) => heard.push(line));
  socket.write('/json\n/auth {}\n');
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  const say = (event: string, ...args: readonly unknown[]): void =>
    void socket.write(`${[event, ...args.map((each) => JSON.stringify(each))].join(' ')}\n`);
  return { say, heard, end: () => void socket.end() };
}

/** A plain WebSocket for events. */
export async function openEvents(url: string): Promise<Plain> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/events/`);
  onTestFinished(() => socket.terminate());
  const heard: string[] = [];
  socket.on('message', (data) => heard.push(`${data}`));
  await once(socket, 'open');
  const say = (event: string, ...args: readonly unknown[]): void => socket.send(JSON.stringify({ event, args }));
  return { say, heard, end: () => socket.close() };
}

/** A stream of plain events. */
export async function openStream(url: string, headers: Record<string, string> = {}): Promise<Plain> {
  const leaving = new AbortController();
  onTestFinished(() => leaving.abort());
  const response = await fetch(`${url}/events/?format=sse`, { headers, signal: leaving.signal });
  expect(response.status).toBe(200);
  const heard: string[] = [];
  const read = async (): Promise<void> => {
    for await (const chunk of response.body ?? []) heard.push(Buffer.from(chunk).toString());
  };
  read().catch(() => undefined);
  return { say: () => undefined, heard, end: () => leaving.abort() };
}

/** A way in: how a client comes, on which wire it then is, and how many come this way. */
interface Way {
  readonly wire: string;
  readonly count: number;
  readonly isUpgraded?: boolean;
  open(at: number, place: Addresses): Promise<Guest | Plain>;
}

/** The addresses of servers. */
export interface Addresses {
  url(at?: number): string;
  tcp(at?: number): string;
}

const engine =
  (kind: Kind, ...transports: readonly string[]): Way['open'] =>
  (at, place) =>
    enter(kind, place.url(at), { transports });

const WAYS: readonly Way[] = [
  { wire: 'polling', count: 3, open: engine('stock', 'polling') },
  { wire: 'websocket', count: 4, open: engine('stock', 'websocket') },
  { wire: 'polling', count: 5, isUpgraded: true, open: engine('stock', 'polling', 'websocket') },
  { wire: 'websocket', count: 3, open: engine('ours', 'websocket') },
  { wire: 'polling', count: 4, open: engine('ours', 'polling') },
  { wire: 'sse', count: 3, open: engine('ours', 'sse') },
  { wire: 'tcp', count: 4, open: (at, { tcp }) => enter('ours', tcp(at)) },
  { wire: 'tcp', count: 3, open: (at, { tcp }) => openLine(tcp(at)) },
  { wire: 'websocket', count: 3, open: (at, { url }) => openEvents(url(at)) },
  { wire: 'sse', count: 2, open: (at, { url }) => openStream(url(at)) },
];

/** The clients that have come. */
export interface Crowd {
  readonly guests: readonly Guest[];
  readonly plain: readonly Plain[];
  readonly streams: readonly Plain[];
}

/** Has a crowd come over all wires, and counts them. */
export async function gather(place: Addresses & { readonly ledger: Ledger }): Promise<Crowd> {
  const { ledger } = place;
  const add = (...entry: [Compared, string?]): void => ledger.add(...entry);
  const crowd = { guests: [] as Guest[], plain: [] as Plain[], streams: [] as Plain[] };
  for (const { wire, count, isUpgraded, open: come } of WAYS) {
    for (let at = 0; at < count; at += 1) {
      const one = await come(at, place);
      if ('io' in one) crowd.guests.push(one);
      else (wire === 'sse' ? crowd.streams : crowd.plain).push(one);
      if ('io' in one && isUpgraded) await expect.poll(() => one.io.engine.transport.name).toBe('websocket');
      add('naru_sessions_opened_total', wire);
      add('naru_sessions', isUpgraded ? 'websocket' : wire);
      if (isUpgraded) add('naru_upgrades_total', 'polling,websocket');
      add('naru_sockets_joined_total', 'new');
      add('naru_sockets');
      add('naru_rooms');
    }
  }
  return crowd;
}
