/** Puts a guard before the clients of a server, and gives it the services of the server. */
import type { Backplane } from '../../backplane/backplane.js';
import type { Clock } from '../../base/clock.js';
import { ConfigError } from '../../base/errors.js';
import type { Random } from '../../base/id.js';
import type { ClientCall } from '../../namespace/client-calls.js';
import { ENDED } from '../../namespace/connection.js';
import { shortName } from '../../namespace/explain/journal.js';
import type { Guard } from '../../namespace/permissions/guard.js';
import { memberOf, type Socket } from '../../namespace/socket/socket.js';
import { PacketType } from '../../protocol/socket-io/packet.js';
import { contextOf } from './namespace-context.js';

/** The services of a server for its guard. */
export interface GuardHost {
  readonly clock: Clock;
  readonly random: Random;
  /** The backplane, or the memory in which recovery keeps events. `undefined` if the server has neither. */
  readonly backplane: Backplane | undefined;
  /** The answers to the events of clients, by name. A guard adds its own, whose names begin with `naru:`. */
  readonly calls: Map<string, ClientCall>;
  /** Reports an error of the store to the program, as errors of the log are. */
  onLogError(error: unknown, subject: string): void;
}

/**
 * Puts a guard before the clients that join any namespace of a server from now on. Throws ConfigError if the server has
 * a guard already.
 */
export function openGuard<G extends Guard>(server: object, create: (host: GuardHost) => G): G {
  const context = contextOf(server);
  if (!context) throw new ConfigError('BAD_ARGUMENT', 'A guard needs a server of Naru: protect(io, options).');
  if (context.guards.current)
    throw new ConfigError('BAD_ARGUMENT', 'The server has a guard already. Call protect once.');
  const guard = create(context);
  context.guards.current = guard;
  return guard;
}

/**
 * Sends an event to a client at once, however late its log or its reading is. On a wire that loses events, it asks for
 * an acknowledgement, so that it arrives.
 */
export function tell(socket: Socket, event: string, data: object): void {
  const member = memberOf(socket);
  if (!member.connected) return;
  const { client, namespace } = member;
  const id = client.conn.transport.carries.reliable ? undefined : namespace.createAckId();
  member.sendPacket({ type: PacketType.EVENT, nsp: namespace.api.name, data: [event, data], id }, {});
}

/** Notes for explanations that a limit decided about an event of a client. */
export function noteLimited(socket: Socket, event: string, outcome: string, retryAfterMs: number): void {
  const { id, namespace } = memberOf(socket);
  const names = { socket: id, event: shortName(event) };
  namespace.journal?.note(namespace, { type: 'limited', ...names, outcome, retryAfterMs });
}

/**
 * Takes nothing more from a client until the returned function is called. Reading stops where the wire allows it, so
 * that the client has to wait. Otherwise at most 1,000 packets wait here, and a client that sends more is disconnected.
 */
export function stopReading(socket: Socket): () => void {
  const member = memberOf(socket);
  const goOn = member.intercept().hold();
  const { transport } = member.client.conn;
  transport.pause?.();
  return () => {
    transport.resume?.();
    goOn();
  };
}

/**
 * Ends a membership, with `isWhole` the session, and tells the client why: by the event `naru:ended`, or in the words
 * of its wire.
 */
export function endMembership(
  socket: Socket,
  why: { readonly code: string; readonly message: string },
  isWhole: boolean,
): void {
  tell(socket, ENDED, why);
  socket.disconnect(isWhole);
}
