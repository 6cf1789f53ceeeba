/** Steps of the state in a place: people come and go, messages arrive, your own messages are confirmed. */

import { LIMITS } from '../../shared/limits.js';
import type { Card, Entered, Message, Reaction } from '../../shared/protocol.js';
import { nameOfRef, refOf } from '../../shared/refs.js';
import { reactionsTo, withReactions } from './reactions.js';
import type { Older, Pending, Place, State } from './state.js';
import type { Step } from './store.js';

/** One page of the history. */
export interface Part {
  /** Oldest first. */
  readonly messages: readonly Message[];
  /** Oldest first. Their messages may be before these. */
  readonly reactions: readonly Reaction[];
  /** Whether there is more before it, and the offset to ask for that with. */
  readonly hasMore: boolean;
  readonly before: string | undefined;
}

/** A place that the server has not described yet. */
export function emptyPlace(id: string, isRide: boolean): Place {
  return {
    id,
    isRide,
    lastSeq: 0,
    readSeq: 0,
    newFrom: 0,
    isEntered: false,
    members: [],
    here: 0,
    messages: [],
    reactions: {},
    gapAfter: 0,
    older: 'unknown',
    before: undefined,
    pending: [],
    typing: [],
  };
}

/** Opens a place on this page. */
export function withPlace(id: string, isRide: boolean): Step {
  return (state) =>
    state.places[id] ? state : { ...state, places: { ...state.places, [id]: emptyPlace(id, isRide) } };
}

/** Closes a place on this page. */
export function withoutPlace(id: string): Step {
  return (state) => {
    const { [id]: _gone, ...places } = state.places;
    const { [id]: _draft, ...drafts } = state.drafts;
    const { [id]: _answered, ...answered } = state.answered;
    return { ...state, places, drafts, answered };
  };
}

/** Moves unsent messages to another place: a station that was opened again has a new id. */
export function replacedPlace(from: string, to: string): Step {
  return (state) => {
    const old = state.places[from];
    const next = withoutPlace(from)(withPlace(to, false)(state));
    const place = next.places[to];
    if (!old || !place) return next;
    const { messages, reactions, lastSeq, readSeq } = old;
    const gapAfter = old.gapAfter ?? messages.at(-1)?.seq ?? 0;
    const pending = [...place.pending, ...old.pending];
    const moved = { ...place, messages, reactions, gapAfter, lastSeq, readSeq, pending };
    const draft = state.drafts[from];
    const drafts = draft ? { ...next.drafts, [to]: draft } : next.drafts;
    return { ...next, drafts, places: { ...next.places, [to]: moved } };
  };
}

/**
 * Notes that messages may be missed from here on, as without a connection. Later messages do not show where the gap
 * began.
 */
export function torn(id: string): Step {
  return change(id, (place) =>
    place.gapAfter === undefined ? { ...place, gapAfter: place.messages.at(-1)?.seq ?? 0 } : place,
  );
}

/** Brings a place up to date with the server's answer on entry. */
export function entered(id: string, news: Entered): Step {
  return change(id, (place) => {
    const messages = merge(place.messages, news.messages);
    return {
      ...place,
      isEntered: true,
      members: news.members,
      here: news.here,
      typing: [],
      messages,
      lastSeq: lastSeqOf(place, messages),
      // The answer has all messages and reactions of a ride.
      reactions: place.isRide ? withReactions({}, news.reactions) : place.reactions,
      older: place.isRide ? 'none' : place.older,
      pending: unconfirmed(place, news.messages),
    };
  });
}

/**
 * Brings the messages of a place up to date with the newest of the log. With `isJoined`, they reach back to the
 * messages here. Without it, messages may be missing in between, so those here are dropped; scrolling up reads them
 * again.
 */
export function caughtUp(id: string, part: Part, isJoined: boolean): Step {
  return change(id, (place) => {
    const isFirst = place.older === 'unknown';
    const since = isJoined ? 0 : (part.messages[0]?.seq ?? Number.POSITIVE_INFINITY);
    const kept = place.messages.filter((message) => message.seq >= since);
    const messages = merge(kept, part.messages);
    const before = isJoined ? place.reactions : reactionsTo(kept, place.reactions);
    const reactions = withReactions(before, part.reactions);
    const lastSeq = lastSeqOf(place, messages);
    // On a page that was just opened, all messages count as read.
    const readSeq = isFirst && place.readSeq === 0 ? lastSeq : place.readSeq;
    // A reading that failed without a connection may be repeated.
    const older = place.older === 'failed' ? 'more' : place.older;
    const edge = isFirst || !isJoined ? edgeOf(part) : { older, before: place.before };
    const pending = unconfirmed(place, part.messages);
    return { ...place, ...edge, messages, reactions, gapAfter: undefined, lastSeq, readSeq, pending };
  });
}

/** Notes what is known of the messages before those here. */
export function olderIs(id: string, older: Older): Step {
  return change(id, (place) => (place.older === older ? place : { ...place, older }));
}

/** Adds messages before those here. */
export function olderCame(id: string, part: Part): Step {
  return change(id, (place) => {
    const messages = merge(place.messages, part.messages);
    const edge = edgeOf(part);
    const isFull = messages.length >= HELD_MAX && edge.older === 'more';
    const reactions = withReactions(place.reactions, part.reactions);
    return { ...place, ...edge, messages, reactions, older: isFull ? 'full' : edge.older };
  });
}

/** Adds a message that arrived. */
export function arrivedMessage(id: string, message: Message): Step {
  return change(id, (place) => {
    const typing = place.typing.filter((typist) => typist !== message.from.id);
    const lastSeq = Math.max(place.lastSeq, message.seq);
    return { ...cut(place, HELD_MAX, merge(place.messages, [message])), lastSeq, typing };
  });
}

/** Adds a reaction that arrived. */
export function reacted(id: string, reaction: Reaction): Step {
  return change(id, (place) => ({ ...place, reactions: withReactions(place.reactions, [reaction]) }));
}

/** Somebody came in. */
export function cameIn(id: string, card: Card, here: number): Step {
  return change(id, (place) => ({
    ...place,
    here,
    members: [...place.members.filter((member) => member.id !== card.id), card].slice(-LIMITS.membersListed),
  }));
}

/** Somebody went out. */
export function wentOut(id: string, who: string, here: number): Step {
  return change(id, (place) => ({
    ...place,
    here,
    members: place.members.filter((member) => member.id !== who),
    typing: place.typing.filter((typist) => typist !== who),
  }));
}

/** Somebody has another name. */
export function renamed(id: string, card: Card): Step {
  return change(id, (place) => ({
    ...place,
    members: place.members.map((member) => (member.id === card.id ? card : member)),
  }));
}

/** Somebody types, or stopped. */
export function typed(id: string, who: string, on: boolean): Step {
  return change(id, (place) => {
    const others = place.typing.filter((typist) => typist !== who);
    return { ...place, typing: on ? [...others, who] : others };
  });
}

/** Notes that everything was seen. The reader is at the end, so the oldest messages need not be held. */
export function seen(id: string): Step {
  return change(id, (place) => {
    const short = cut(place, LIMITS.messagesHeld, place.messages);
    return place.readSeq === place.lastSeq ? short : { ...short, readSeq: place.lastSeq };
  });
}

/** Puts the mark "new" before the first unseen message, as the place comes on the screen. */
export function shown(id: string): Step {
  return change(id, (place) => ({
    ...place,
    newFrom: place.readSeq < place.lastSeq && place.readSeq > 0 ? place.readSeq + 1 : 0,
  }));
}

/** Adds your own unsent message, or changes it by its key. */
export function own(id: string, key: string, fields: Partial<Pending>): Step {
  return change(id, (place) => {
    const present = place.pending.find((pending) => pending.key === key);
    const next: Pending = { key, text: '', once: '', status: 'waiting', ...present, ...fields };
    const pending = present ? place.pending.map((each) => (each === present ? next : each)) : [...place.pending, next];
    return { ...place, pending };
  });
}

/** Changes your own picture while it is on its way. */
export function ownPicture(id: string, key: string, fields: Partial<NonNullable<Pending['picture']>>): Step {
  return change(id, (place) => ({
    ...place,
    pending: place.pending.map((each) =>
      each.key === key && each.picture ? { ...each, picture: { ...each.picture, ...fields } } : each,
    ),
  }));
}

/** Removes your own unsent message. */
export function withoutOwn(id: string, key: string): Step {
  return change(id, (place) => ({ ...place, pending: place.pending.filter((pending) => pending.key !== key) }));
}

/** Makes a message of your own unsent one, because the server has confirmed it. */
export function confirmed(id: string, message: Message): Step {
  const add = arrivedMessage(id, message);
  return (state) => {
    const next = withoutOwn(id, message.key)(add(state));
    const place = next.places[id];
    const isRead = place && state.places[id] && place.readSeq >= message.seq - 1;
    return isRead ? seen(id)(next) : next;
  };
}

/** Somebody spoke at stations. A light lasts for a moment, and is forgotten with the next one. */
export function lit(stations: readonly string[], now: number): Step {
  return (state) => {
    const before = Object.entries(state.spokeAt).filter(([, at]) => now - at < LIGHT_MS);
    return { ...state, spokeAt: Object.fromEntries([...before, ...stations.map((id) => [id, now] as const)]) };
  };
}

/** The number of unseen messages, without those of muted people. */
export function unreadOf(state: State, place: Place): number {
  return place.messages.filter(
    (message) => message.seq > place.readSeq && message.from.id !== state.you?.id && !state.muted[message.from.id],
  ).length;
}

/** The number of unseen messages in stations, without the one on the screen. */
export function unreadInStations(state: State): number {
  const { view, places } = state;
  const here = view.type === 'station' ? view.id : undefined;
  const stations = Object.values(places).filter((place) => !place.isRide && place.id !== here);
  return stations.reduce((sum, place) => sum + unreadOf(state, place), 0);
}

/** The number of unseen messages in all places. */
export function unreadInAll(state: State): number {
  return Object.values(state.places).reduce((sum, place) => sum + unreadOf(state, place), 0);
}

function change(id: string, by: (place: Place) => Place): Step {
  return (state) => {
    const place = state.places[id];
    if (!place) return state;
    const next = by(place);
    return next === place ? state : { ...state, places: { ...state.places, [id]: next } };
  };
}

function edgeOf({ hasMore, before }: Part): Pick<Place, 'older' | 'before'> {
  return { older: hasMore ? 'more' : 'none', before };
}

function lastSeqOf(place: Place, messages: readonly Message[]): number {
  return Math.max(place.lastSeq, messages.at(-1)?.seq ?? 0);
}

function unconfirmed({ pending }: Place, messages: readonly Message[]): readonly Pending[] {
  return pending.some((own) => messages.some((message) => message.key === own.key))
    ? pending.filter((own) => !messages.some((message) => message.key === own.key))
    : pending;
}

/** Drops the oldest messages beyond a count. The offset of the first one left is unknown then. */
function cut(place: Place, most: number, messages: readonly Message[]): Place {
  if (messages.length <= most) return messages === place.messages ? place : { ...place, messages };
  const kept = messages.slice(-most);
  const reactions = reactionsTo(kept, place.reactions);
  return { ...place, messages: kept, reactions, older: place.isRide ? 'none' : 'more', before: undefined };
}

/**
 * Merges messages. Invariant: they are in the order of their positions, and each is there once, however often it
 * arrived.
 */
function merge(old: readonly Message[], fresh: readonly Message[]): readonly Message[] {
  const [only] = fresh;
  // The usual case: one message, newer than all others.
  if (only && fresh.length === 1 && only.seq > (old.at(-1)?.seq ?? 0)) return [...old, only];
  const known = new Set(old.map(nameOf));
  const added: Message[] = [];
  for (const message of fresh) {
    const name = nameOf(message);
    if (known.has(name)) continue;
    known.add(name);
    added.push(message);
  }
  if (added.length === 0) return old;
  return [...old, ...added].sort((a, b) => a.seq - b.seq || (a.key < b.key ? -1 : 1));
}

function nameOf(message: Message): string {
  return nameOfRef(refOf(message));
}

/** The time for which a light is on the map. */
export const LIGHT_MS = 2_500;
/** The most messages that a page holds while somebody scrolls up. */
const HELD_MAX = 4 * LIMITS.messagesHeld;
