/** Writes a line for each decision of a client: how its connection and its sockets come and go, and their events. */
import type { SocketPacket } from '../protocol/socket-io/packet.js';
import { BINARY_EVENT, CONNECT, CONNECT_ERROR, DISCONNECT, EVENT } from '../protocol/socket-io/packet-type.js';

/** The part of an engine that is watched. */
interface WatchedEngine {
  readonly transport: { readonly name: string };
  on(name: string, listener: (...args: never[]) => void): unknown;
}

/** The part of a Manager that is watched. */
export interface WatchedManager {
  readonly engine: WatchedEngine;
  on(name: string, listener: (...args: never[]) => void): unknown;
}

type Facts = Readonly<Record<string, unknown>>;

/** Characters of the longest value in a line. */
const VALUE_MAX = 300;

/** In Node, standard error. */
const write = (line: string): void => (('process' in globalThis ? console.error : console.info) as typeof write)(line);

/** Writes lines about a Manager from now on. */
export function watch(manager: WatchedManager, print = write): void {
  const tell = (name: string, facts: Facts = {}): void => print(lineOf(name, facts));
  const on = (name: string, listener: (...args: never[]) => void): void => void manager.on(name, listener);
  on('open', () => {
    const { engine } = manager;
    tell('client.opened', { transport: engine.transport.name });
    engine.on('upgrade', (transport: { name: string }) => tell('client.upgraded', { to: transport.name }));
    engine.on('upgradeError', ({ message, transport }: Error & { transport?: string }) =>
      tell('client.not-upgraded', { to: transport, detail: message }),
    );
  });
  on('close', (reason: string, details?: { message?: string; description?: unknown }) =>
    tell('client.closed', { reason, detail: details && `${details.message ?? details.description}` }),
  );
  on('error', ({ message }: Error) => tell('client.failed', { detail: message }));
  on('reconnect_attempt', (attempt: number) => tell('client.tries-again', { attempt }));
  on('reconnect_failed', () => tell('client.gave-up'));
  on('packet', (packet: SocketPacket) => tellOf(packet, tell));
}

/** Tells of a packet that the server has sent. Nothing is told of what an event says. */
function tellOf({ type, nsp, data }: SocketPacket, tell: (name: string, facts: Facts) => void): void {
  const facts = { namespace: nsp.replace(/\?.*/s, '?...') };
  const { sid, message } = (data ?? {}) as { readonly sid?: unknown; readonly message?: unknown };
  if (type === CONNECT) tell('client.joined', { ...facts, socket: sid });
  else if (type === CONNECT_ERROR) tell('client.refused', { ...facts, message: message ?? data });
  else if (type === DISCONNECT) tell('client.disconnected', facts);
  else if (type === EVENT || type === BINARY_EVENT)
    tell('client.event', { ...facts, event: (data as readonly unknown[])[0] });
}

function lineOf(name: string, facts: Facts): string {
  const pairs = Object.entries(facts).flatMap(([key, value]) =>
    value === undefined ? [] : ` ${key}=${textOf(value)}`,
  );
  return `naru ${name}${pairs.join('')}`;
}

/** Returns a value as it stands in a line. A server may send anything, and nothing in it begins another line. */
function textOf(value: unknown): string {
  const given = typeof value === 'object' ? Object.prototype.toString.call(value) : `${value}`;
  // A browser puts the address into the text of an error, and its query has tokens and the sid.
  const text = given.slice(0, VALUE_MAX).replace(/([?#])(?:[^\s"']|'(?=\S))+|(:\/\/)[^\s"/]*(?=@)/g, '$1$2...');
  return /^[\w./:+-]+$/.test(text)
    ? text
    : JSON.stringify(text).replace(/[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '?');
}
