/**
 * Resumes subscriptions: reads the headers `durable` and `offset` of SUBSCRIBE, asks for permission, and starts a
 * cursor. docs/stomp.md.
 */
import { decodeOffset, type Offset, ZERO_OFFSET } from 'naru/backplane';
import { after, ProtocolError, throwLater } from 'naru/base';
import type { Answered, KeyOwner, Refusal } from 'naru/wire';
import { KEY_MAX, mayReadHistory, readMark, SECRET_KEY_MIN } from 'naru/wire';
import { badRequest, type Destination } from '../destination.js';
import type { StompSettings } from '../options.js';
import type { StompFrame } from '../protocol/frame.js';
import type { StompClient } from '../stomp-client.js';
import { type DurableClaim, durableKey, type Unclaimed } from '../subscriptions/durables.js';
import type { AckMode, Subscription } from '../subscriptions/subscription.js';
import { LogCursor } from './log-cursor.js';

/** The place where a subscriber wants to begin. */
export interface ResumeWish {
  readonly room: string;
  /** The key of the durable subscription, if it is one. */
  readonly key: string | undefined;
  /** The offset after which a new subscription begins. `undefined` means the end of the log. */
  readonly offset: Offset | undefined;
  /** Whether `offset` belongs to a log that is gone. */
  readonly isLost: boolean;
  /** The durable subscription, once it is taken. */
  claim: DurableClaim | undefined;
}

/**
 * Reads the headers. Returns `undefined` for a subscription without a cursor. Throws STOMP_BAD_REQUEST for invalid
 * headers.
 */
export function resumeOf(
  headers: StompFrame['headers'],
  { kind, name }: Destination,
  mode: AckMode,
  client: StompClient,
): ResumeWish | undefined {
  const durable = headers.get('durable');
  const offset = headers.get('offset');
  if (durable === undefined && offset === undefined) return undefined;
  if (kind !== 'topic') throw badRequest('only a subscription to a topic can have the header "durable" or "offset"');
  if (headers.has('history')) throw badRequest('the header "history" cannot be combined with "durable" or "offset"');
  const from = offset === undefined || offset === 'next' ? undefined : readOffset(offset);
  const isLost = from !== undefined && offset !== 'first' && readMark(offset ?? '', client.scope.epoch) === undefined;
  if (durable !== undefined && mode === 'auto')
    throw badRequest('a durable subscription continues after the last ACK: use ack:client or ack:client-individual');
  const key = durable === undefined ? undefined : keyOf(durable, name, client);
  return { room: name, key, offset: from, isLost, claim: undefined };
}

/** Returns the key of the durable subscription with this name. Throws STOMP_BAD_REQUEST for an invalid name. */
export function keyOf(name: string, room: string, { namespace, entered, scope }: StompClient): string {
  const owner = ownerOf(scope.settings, entered.socket);
  // Subscribers without an owner share their names, so these have to be secret.
  const least = owner === undefined ? SECRET_KEY_MIN : 1;
  if (name.length < least || name.length > KEY_MAX) {
    const why = owner === undefined ? ', because it is a secret: anyone who knows it can acknowledge messages' : '';
    throw badRequest(`the name in the header "durable" must have ${least} to ${KEY_MAX} characters${why}`);
  }
  return durableKey(namespace.name, owner ?? '', room, name);
}

/** Returns the owner of a socket's durable subscriptions. Throws STOMP_REFUSED if the program fails to name it. */
function ownerOf({ durableScope }: StompSettings, socket: KeyOwner): string | undefined {
  try {
    return durableScope?.(socket) ?? undefined;
  } catch (error) {
    throwLater(error);
    throw new ProtocolError('STOMP_REFUSED', 'the owner of the durable subscription cannot be found out');
  }
}

/**
 * Finds out whether a subscriber may continue, and takes its durable subscription. The caller has checked the
 * permission to subscribe. A subscriber that begins in the past also needs the permission for history.
 */
export function askToResume(client: StompClient, wish: ResumeWish, answered: Answered): void {
  const { namespace, entered } = client;
  if (!namespace.log) {
    answered({ code: 'NOT_KEPT', message: `${namespace.name} keeps no log` });
    return;
  }
  if (wish.offset === undefined) {
    claim(client, wish, answered);
    return;
  }
  const history = { rooms: [wish.room], query: undefined, isEntering: true };
  mayReadHistory(namespace, entered, history, (refusal) =>
    refusal ? answered(refusal) : claim(client, wish, answered),
  );
}

function claim({ scope, namespace }: StompClient, wish: ResumeWish, answered: Answered): void {
  const { key, offset = namespace.log?.offset ?? ZERO_OFFSET } = wish;
  if (key === undefined) {
    answered(undefined);
    return;
  }
  const onClaimed = (claimed: DurableClaim | Unclaimed): void => {
    if (typeof claimed === 'object') wish.claim = claimed;
    answered(typeof claimed === 'object' ? undefined : REFUSALS[claimed]);
  };
  after(scope.durables.claim(key, namespace, offset), onClaimed, throwLater);
}

const REFUSALS: Readonly<Record<Unclaimed, Refusal>> = {
  full: { code: 'TOO_MANY', message: 'no more durable subscriptions can be kept' },
  failed: { code: 'NOT_KEPT', message: 'the place of the durable subscription cannot be kept' },
};

/** Starts the cursor of a subscription. The socket is already in the room. */
export function startCursor(
  client: StompClient,
  subscription: Subscription,
  wish: ResumeWish,
  windowMax: number,
): void {
  const { key, claim } = wish;
  const from = claim?.found ?? wish.offset;
  const after = from ?? client.namespace.log?.offset ?? ZERO_OFFSET;
  const cursor = new LogCursor(client, subscription, key, windowMax, after);
  subscription.cursor = cursor;
  if (claim) client.scope.durables.hold(claim, cursor, client.namespace);
  const isFromFirst = wish.offset === ZERO_OFFSET && after === ZERO_OFFSET;
  cursor.start(from === undefined, claim?.found === undefined && wish.isLost, isFromFirst);
}

function readOffset(text: string): Offset {
  if (text === 'first') return ZERO_OFFSET;
  const [, offset] = /^(\w{11})(?:\.[\w-]{1,20})?$/.exec(text) ?? [];
  if (offset === undefined || decodeOffset(offset) === undefined)
    throw badRequest('the header "offset" must be "first", "next", or the offset of a message');
  return offset;
}
