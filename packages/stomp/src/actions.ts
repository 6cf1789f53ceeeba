/**
 * Turns SEND, SUBSCRIBE, UNSUBSCRIBE, ACK and NACK into actions. An action first asks whether it is allowed, and then
 * runs. A transaction asks about all its actions before it runs the first.
 */

import type { Answer } from 'naru/base';
import { ask, attempt, ProtocolError } from 'naru/base';
import { PacketType, RESERVED_EVENTS } from 'naru/protocol';
import type { Answered, Question } from 'naru/wire';
import {
  enterWithHistory,
  eventOf,
  type HistoryAnswered,
  type HistoryWish,
  historyGap,
  mayReadHistory,
} from 'naru/wire';
import { badRequest, type Destination, requireDestination } from './destination.js';
import { asText, decodeArgs, originOf, ownHeaders } from './message-body.js';
import type { StompFrame } from './protocol/frame.js';
import { excerpt } from './protocol/partial-frame.js';
import type { StompVersion } from './protocol/version.js';
import { gapEvent } from './resume/log-cursor.js';
import { askToResume, keyOf, resumeOf, startCursor } from './resume/resume.js';
import type { Reply, StompClient } from './stomp-client.js';
import type { QueuedMessage, QueueMessage } from './subscriptions/job-queue.js';
import { type AckMode, Subscription, type SubscriptionCursor } from './subscriptions/subscription.js';

/** Subscriptions of one client that get the same messages. */
const SAME_MAX = 64;

/** One step of work for a client. */
export interface Action extends Question {
  /** The command and the destination, for the message of a refusal. */
  readonly what: string;
  /**
   * Carries out the action. Throws STOMP_BAD_REQUEST if that turns out to be impossible. Settles when the outcome is
   * stored, and rejects with STOMP_BAD_REQUEST if it cannot be.
   */
  run(): Answer<void>;
  /**
   * Returns the message that the action puts into a work queue, once it is allowed. A queue has room for it before the
   * first action runs.
   */
  puts?(): QueuedMessage | undefined;
  /**
   * Called before the first action runs, while messages go into queues. A message of a queue that the client has
   * acknowledged stays with the action from then on, although the client goes.
   */
  prepare?(): void;
  /** Called instead of `run` after `prepare`, if the messages cannot be put into their queues. */
  undo?(): void;
}

/** An action without its name. */
type Deed = Omit<Action, 'what'>;

// The memory in bytes of a message besides its texts: the objects of the message, its body and its headers.
const MESSAGE_COST = 200;
const NO_ROOMS: ReadonlySet<string> = new Set();

/** Reads a frame as an action. Throws ProtocolError for an invalid request. */
export function actionOf(frame: StompFrame, client: StompClient): Action {
  if (frame.command === 'SEND') return send(frame, client);
  if (frame.command === 'SUBSCRIBE') return subscribe(frame, client);
  if (frame.command === 'UNSUBSCRIBE') return unsubscribe(frame, client);
  return acknowledge(frame, client);
}

/**
 * Puts the messages of actions into work queues, all or none, before the first action runs. Gives `undefined` without
 * any.
 */
export function putAll(actions: readonly Action[], keep: (puts: QueuedMessage[]) => Answer<void>): Answer<void> {
  const puts = actions.flatMap((action) => action.puts?.() ?? []);
  if (puts.length === 0) return undefined;
  for (const action of actions) action.prepare?.();
  return ask<void>(
    () => keep(puts),
    (error) => {
      for (const action of actions) action.undo?.();
      return Promise.reject(error);
    },
  );
}

function send(frame: StompFrame, client: StompClient): Action {
  const { headers } = frame;
  const kinds = ['topic', 'app', 'queue', 'ack'] as const;
  const destination = requireDestination(headers.get('destination'), 'SEND', kinds);
  const what = `SEND to ${excerpt(destination.text)}`;
  const args = decodeArgs(frame.body, headers, client.version, client.scope.depthMax);
  if (destination.kind === 'queue') return { what, ...sendToQueue(frame, destination, args, client) };
  if (destination.kind === 'topic') return { what, ...sendToTopic(frame, destination, args, client) };
  if (destination.kind === 'app') {
    const { name } = destination;
    if (RESERVED_EVENTS.has(name)) throw badRequest(`${what}: "${name}" is a reserved event name`);
    const reply = replyOf(frame, name, client);
    return { what, run: () => client.takeEvent(name, args, reply) };
  }
  if (!/^\d{1,15}$/.test(destination.name))
    throw badRequest(`${what}: the destination must be the "reply-to" of a message`);
  return { what, run: () => client.receiveAck(Number(destination.name), args) };
}

function sendToTopic(frame: StompFrame, { name }: Destination, args: unknown[], client: StompClient): Deed {
  const { namespace } = client;
  const data: [string, ...unknown[]] = [frame.headers.get('event') ?? 'message', ...args];
  return whereAllowed(client, name, data, (by) => {
    const packet = { type: PacketType.EVENT, nsp: namespace.name, data };
    const origin = originOf(frame.body, frame.headers, client.version);
    const flags = by === undefined ? {} : { by };
    namespace.delivery.broadcast(packet, { rooms: new Set([name]), except: NO_ROOMS, flags, origin });
  });
}

function sendToQueue(
  { body, headers }: StompFrame,
  { name, text }: Destination,
  args: unknown[],
  client: StompClient,
): Deed {
  const { namespace, scope } = client;
  const event = headers.get('event');
  const contentType = headers.get('content-type');
  const kept = ownHeaders(headers);
  if (event !== undefined) kept.unshift(['event', event]);
  const size = MESSAGE_COST + body.byteLength + kept.reduce((sum, [key, value]) => sum + key.length + value.length, 0);
  let put: QueuedMessage | undefined;
  const { isReplaced, ...deed } = whereAllowed(client, text, [event ?? 'message', ...args], () => {
    if (put) scope.queuesOf(namespace).put(put);
  });
  const puts = (): QueuedMessage | undefined => {
    if (isReplaced()) return undefined;
    const number = scope.forms.nextNumber();
    const message = { number, body: { contentType, body: asText(body, contentType) }, headers: new Map(kept), size };
    put = { queue: name, message: { ...message, deliveries: 0 } };
    return put;
  };
  return { ...deed, puts };
}

/**
 * Asks whether an event may be sent, then sends it. If the application returned a function instead of `true`, that
 * function runs instead.
 */
function whereAllowed(
  { namespace, entered }: StompClient,
  room: string,
  [event, ...args]: readonly [event: string, ...args: unknown[]],
  send: (by: string | undefined) => void,
): Deed & { isReplaced(): boolean } {
  let own: (() => void) | undefined;
  let author: string | undefined;
  return {
    ask: (answered) =>
      namespace.permissions.mayPublish(entered.socket, room, event, args, (refusal, instead, by) => {
        own = instead;
        author = by;
        answered(refusal);
      }),
    run: () => (own ? attempt(own) : send(author)),
    isReplaced: () => own !== undefined,
  };
}

function replyOf({ headers }: StompFrame, event: string, { subscriptions }: StompClient): Reply | undefined {
  const replyTo = headers.get('reply-to');
  const correlationId = headers.get('correlation-id');
  if (replyTo === undefined && correlationId === undefined) return undefined;
  const to = requireDestination(replyTo ?? `/user/queue/${event}`, 'a reply', ['user']);
  if (subscriptions.toEvent(to.name).length === 0) {
    throw badRequest(`the reply goes to ${to.text.slice(0, 100)}: subscribe to it before you ask for a reply`);
  }
  return { to, headers: correlationId === undefined ? [] : [['correlation-id', correlationId]] };
}

function subscribe({ headers }: StompFrame, client: StompClient): Action {
  const { namespace, entered: member, subscriptions, scope, version } = client;
  const destination = requireDestination(headers.get('destination'), 'SUBSCRIBE', ['topic', 'user', 'queue']);
  const { kind, name, text } = destination;
  const given = headers.get('id');
  if (given === undefined && version !== '1.0') throw badRequest('SUBSCRIBE has no header "id"');
  const id = given ?? text;
  if (subscriptions.get(id)) throw badRequest(`the subscription "${id.slice(0, 100)}" already exists`);
  const { subscriptionsMax, prefetchMax } = scope.settings;
  if (subscriptions.count >= subscriptionsMax) {
    throw new ProtocolError('STOMP_TOO_BIG', `a client can have at most ${subscriptionsMax} subscriptions`);
  }
  // Each subscription gets each message once more.
  if (subscriptions.countOf(destination) >= SAME_MAX) {
    throw new ProtocolError('STOMP_TOO_BIG', `a client can have at most ${SAME_MAX} subscriptions to one destination`);
  }
  const mode = modeOf(headers.get('ack'), version);
  const wish = historyOf(headers, destination, scope.settings.unackedMax, mode);
  const resume = resumeOf(headers, destination, mode, client);
  const unackedMax = kind === 'queue' ? countOf(headers, 'prefetch-count', prefetchMax) : scope.settings.unackedMax;
  return {
    what: `SUBSCRIBE to ${excerpt(text)}`,
    ask: (answered) => {
      const { permissions, members } = namespace;
      const mayEnter: Answered = (refusal) => {
        if (!refusal && wish) mayReadHistory(namespace, member, wish, answered);
        else if (!refusal && resume) askToResume(client, resume, answered);
        else answered(refusal);
      };
      if (kind === 'user') answered(undefined);
      // A socket that is already in the room needs no permission.
      else if (kind === 'topic' && members.membersOf(name)?.has(member.id)) mayEnter(undefined);
      else permissions.maySubscribe(member.socket, kind === 'queue' ? text : name, mayEnter);
    },
    run: () => {
      // Earlier broadcasts must be in the log before the cursor starts.
      if (resume) namespace.settle();
      if (kind === 'topic' && !wish) join(client, name);
      const isAcked = mode !== 'auto';
      const epoch = resume && scope.epoch;
      const form = scope.forms.take({ version, destination: text, id: given, isAcked, epoch });
      const subscription = new Subscription({ id, destination, mode, form, unackedMax, client });
      subscriptions.add(subscription);
      if (wish) joinWithHistory(client, subscription, wish);
      if (kind === 'queue') subscription.queue = scope.queuesOf(namespace).subscribe(name, subscription);
      if (resume) startCursor(client, subscription, resume, countOf(headers, 'prefetch-count', prefetchMax));
    },
  };
}

/** The history that a subscriber asks for. */
function historyOf(
  headers: StompFrame['headers'],
  { kind, name }: Destination,
  unackedMax: number,
  mode: AckMode,
): HistoryWish | undefined {
  if (!headers.has('history')) return undefined;
  if (kind !== 'topic') throw badRequest('only a topic has a history: remove the header "history"');
  const limit = countOf(headers, 'history', mode === 'auto' ? Number.POSITIVE_INFINITY : unackedMax);
  return { rooms: [name], query: { limit }, isEntering: true };
}

/** Keeps events from a subscription until its history was sent. Those up to the end of the page are in the page. */
const AWAITS_HISTORY: SubscriptionCursor = { offer: () => [], onSettled: () => undefined, end: () => undefined };

/**
 * Joins the room and sends its history. A client that is already in the room gets the history in this subscription
 * only.
 */
function joinWithHistory(client: StompClient, subscription: Subscription, wish: HistoryWish): void {
  const { namespace, entered, subscriptions } = client;
  subscription.cursor = AWAITS_HISTORY;
  const answered: HistoryAnswered = (refusal, page) => {
    const { log } = namespace;
    if (subscriptions.get(subscription.id) !== subscription || !log) return;
    subscription.cursor = undefined;
    if (refusal) tellMissing(client, subscription);
    for (const record of page?.records ?? []) {
      const event = eventOf(log.packets.encode(record)[0]);
      if (event) client.sendEvent(subscription, event);
    }
  };
  enterWithHistory(namespace, entered, wish, answered, () => join(client, subscription.destination.name));
}

/** Tells a subscriber by a `naru:gap` that it does not get its history. */
function tellMissing(client: StompClient, subscription: Subscription): void {
  const { namespace } = client;
  client.sendEvent(subscription, gapEvent(namespace.name, historyGap(namespace)));
}

function join({ namespace, entered }: StompClient, room: string): undefined {
  const refusal = namespace.permissions.refuseEntry(entered.socket, room);
  if (refusal) throw badRequest(refusal.message);
  entered.join([room]);
}

function modeOf(ack: string | undefined, version: StompVersion): AckMode {
  if (ack === undefined || ack === 'auto') return 'auto';
  if (ack === 'client' || (ack === 'client-individual' && version !== '1.0')) return ack;
  const known = version === '1.0' ? 'auto or client' : 'auto, client or client-individual';
  throw badRequest(`the header "ack" must be ${known}`);
}

/** The number in a header, limited to `max`. Without the header it is `max`. */
function countOf(headers: StompFrame['headers'], name: string, max: number): number {
  const header = headers.get(name);
  if (header === undefined) return max;
  if (!/^[1-9]\d{0,8}$/.test(header)) throw badRequest(`the header "${name}" must be a whole number of 1 or more`);
  return Math.min(Number(header), max);
}

/**
 * Ends a subscription. The header `durable` also deletes the durable subscription. A client that ends its last
 * subscription to a room leaves the room.
 */
function unsubscribe({ command, headers }: StompFrame, client: StompClient): Action {
  const { version, subscriptions, namespace, entered } = client;
  const id = headers.get('id') ?? (version === '1.0' ? headers.get('destination') : undefined);
  if (id === undefined) throw badRequest('UNSUBSCRIBE has no header "id"');
  const subscription = subscriptions.get(id);
  if (!subscription) throw badRequest(`there is no subscription "${id.slice(0, 100)}"`);
  const { kind, name } = subscription.destination;
  const durable = headers.get('durable');
  const key = durable === undefined ? undefined : keyOf(durable, name, client);
  return {
    what: command,
    run: () => {
      subscriptions.remove(subscription);
      // The deletion comes first, because only that of a subscription with a subscriber lowers the count.
      const forgotten = key === undefined ? undefined : client.scope.durables.forget(key, namespace);
      client.release(subscription);
      if (kind === 'topic' && subscriptions.toRoom(name).length === 0)
        namespace.permissions.unsubscribe(entered.socket, name);
      return forgotten;
    },
  };
}

function acknowledge({ command, headers }: StompFrame, { version, subscriptions }: StompClient): Action {
  if (command === 'NACK' && version === '1.0') throw badRequest('STOMP 1.0 has no NACK');
  const header = version === '1.2' ? 'id' : 'message-id';
  const text = headers.get(header);
  if (text === undefined) throw badRequest(`${command} has no header "${header}"`);
  const dash = text.indexOf('-');
  const number = Number(dash < 0 ? Number.NaN : text.slice(0, dash));
  const id = text.slice(dash + 1);
  if (version === '1.1' && headers.get('subscription') !== id) {
    throw badRequest(`${command} must repeat the header "subscription" of the message`);
  }
  const subscription = subscriptions.get(id);
  if (!subscription?.holds(number))
    throw badRequest(`no message waits for this ${command}: ${header}:${text.slice(0, 100)}`);
  let taken: readonly QueueMessage[] | undefined;
  return {
    what: command,
    prepare: () => {
      taken = subscription.takeOut(number);
    },
    run: () => subscription.settle(number, command === 'ACK', taken),
    undo: () => void subscription.queue?.giveBack(taken ?? []),
  };
}
