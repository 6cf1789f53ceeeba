/** The names of spans and of their attributes. No span names a session, a token, a key, or what an event says. */
import { shownNamespace, shownRoom } from 'naru/taps';
import { type Attributes, SpanKind, type SpanOptions } from './opentelemetry.js';

/** The names to use: those of the conventions for messaging, or those of the instrumentation for Socket.IO. */
export type Naming = 'messaging' | 'socket.io';

/** The part of an event's way that a span shows. */
export type Operation = 'send' | 'append' | 'deliver' | 'process' | 'acknowledge';

/** The facts of a span. */
export interface SpanFacts {
  readonly operation: Operation;
  readonly namespace: string;
  readonly event?: string | undefined;
  /** The rooms that the event goes to. Empty for everybody. */
  readonly rooms?: readonly string[];
  /** The number of records of an append. */
  readonly records?: number;
  /** @default the one of the operation */
  readonly kind?: SpanKind;
}

/** Clients choose the names of some events and namespaces. */
const NAME_MAX = 100;
/** The most rooms that a span names. */
const ROOMS_MAX = 32;

const KINDS: Readonly<Record<Operation, SpanKind>> = {
  send: SpanKind.PRODUCER,
  append: SpanKind.INTERNAL,
  deliver: SpanKind.CONSUMER,
  process: SpanKind.CONSUMER,
  acknowledge: SpanKind.CONSUMER,
};

/** The types of operations by OpenTelemetry's conventions. */
const TYPES: Readonly<Record<Operation, string>> = {
  send: 'send',
  append: 'create',
  deliver: 'receive',
  process: 'process',
  acknowledge: 'settle',
};

/** Returns the name of a span, and what it begins with. */
export function describe(naming: Naming, facts: SpanFacts): readonly [name: string, options: SpanOptions] {
  const kind = facts.kind ?? KINDS[facts.operation];
  const namespace = shownNamespace(facts.namespace).slice(0, NAME_MAX);
  // The name of an event may be a number.
  const event = facts.event === undefined ? undefined : String(facts.event).slice(0, NAME_MAX);
  const given = { ...facts, namespace, event };
  if (naming === 'messaging')
    return [`${facts.operation} ${event ?? namespace}`, { kind, attributes: messagingAttributes(given) }];
  const verb = facts.operation === 'process' ? 'receive' : facts.operation;
  return [`${verb} ${namespace}`, { kind, attributes: socketIoAttributes(verb, given) }];
}

function messagingAttributes({ operation, namespace, event, rooms, records }: SpanFacts): Attributes {
  return {
    'messaging.system': 'naru',
    'messaging.operation.name': operation,
    'messaging.operation.type': TYPES[operation],
    'messaging.destination.name': namespace,
    ...(event !== undefined && { 'naru.event': event }),
    // The name of a room may be that of a person.
    ...(rooms && { 'naru.rooms': rooms.length }),
    ...(records !== undefined && { 'messaging.batch.message_count': records }),
  };
}

/** Spans that the instrumentation does not have get attributes of the same kind. */
function socketIoAttributes(verb: string, { namespace, event, rooms, records }: SpanFacts): Attributes {
  const named =
    rooms
      ?.filter((room) => !isOwnRoom(room))
      .slice(0, ROOMS_MAX)
      .map(shownRoom) ?? [];
  return {
    'messaging.system': 'socket.io',
    'messaging.destination': namespace,
    ...(verb === 'send'
      ? { 'messaging.destination_kind': 'topic', 'messaging.socket.io.namespace': namespace }
      : { 'messaging.operation': verb }),
    ...(event !== undefined && { 'messaging.socket.io.event_name': event }),
    ...(named.length > 0 && { 'messaging.socket.io.rooms': named }),
    ...(records !== undefined && { 'messaging.batch.message_count': records }),
  };
}

/** Whether a room is one of Naru's own, such as that of a person. */
function isOwnRoom(room: unknown): boolean {
  const name = String(room);
  return name.startsWith('naru:') || name.startsWith('\0');
}
