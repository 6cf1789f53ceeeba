/** Steps of the state that happen in a place: people come and go, messages arrive, one's own are confirmed. */

import { LIMITS } from '../../shared/limits.js';
import type { Card, Entered, Message } from '../../shared/wire.js';
import type { Pending, Place, State } from './state.js';
import type { Step } from './store.js';

/** A place before the server has said anything about it. */
export function emptyPlace(id: string, isRide: boolean): Place {
  return {
    id,
    isRide,
    era: '',
    lastSeq: 0,
    readSeq: 0,
    newFrom: 0,
    hasGap: false,
    isEntered: false,
    members: [],
    here: 0,
    messages: [],
    past: [],
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
    return { ...state, places, drafts };
  };
}

/** Goes on in another place with what was not sent in the first: a station that was opened again has another id. */
export function replacedPlace(from: string, to: string): Step {
  return (state) => {
    const old = state.places[from];
    const next = withoutPlace(from)(withPlace(to, false)(state));
    const place = next.places[to];
    if (!old || !place) return next;
    const moved = { ...place, hasGap: true, past: pastOf(old), pending: [...place.pending, ...old.pending] };
    const draft = state.drafts[from];
    const drafts = draft ? { ...next.drafts, [to]: draft } : next.drafts;
    return { ...next, drafts, places: { ...next.places, [to]: moved } };
  };
}

/** Brings a place up to date with what the server sent on entry. */
export function entered(id: string, news: Entered): Step {
  return change(id, (place) => {
    const isSameLog = place.era === news.era;
    // Behind a gap, positions do not follow on, and after a restart they begin again: what is on the screen stays there, before the gap.
    const kept = news.hasGap || !isSameLog ? [] : place.messages;
    const past = kept.length > 0 ? place.past : pastOf(place);
    const isFirst = place.era === '';
    return {
      ...place,
      isEntered: true,
      era: news.era,
      hasGap: place.hasGap || news.hasGap,
      members: news.members,
      here: news.here,
      typing: [],
      past,
      messages: merge(kept, news.messages),
      lastSeq: news.lastSeq,
      readSeq: isFirst ? news.lastSeq : isSameLog ? place.readSeq : 0,
      pending: place.pending.filter((own) => !news.messages.some((message) => message.key === own.key)),
    };
  });
}

/** Adds a message that arrived. */
export function arrivedMessage(id: string, message: Message): Step {
  return change(id, (place) => ({
    ...place,
    messages: merge(place.messages, [message]),
    lastSeq: Math.max(place.lastSeq, message.seq),
    typing: place.typing.filter((typist) => typist !== message.from.id),
  }));
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

/** Somebody wears another name. */
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

/** Notes that everything up to now was seen. */
export function seen(id: string): Step {
  return change(id, (place) => (place.readSeq === place.lastSeq ? place : { ...place, readSeq: place.lastSeq }));
}

/** Puts the mark "new" before what was not seen yet, as the place comes on the screen. */
export function shown(id: string): Step {
  return change(id, (place) => ({
    ...place,
    newFrom: place.readSeq < place.lastSeq && place.readSeq > 0 ? place.readSeq + 1 : 0,
  }));
}

/** Adds something of one's own, or changes it by its key. */
export function own(id: string, key: string, fields: Partial<Pending>): Step {
  return change(id, (place) => {
    const present = place.pending.find((pending) => pending.key === key);
    const next: Pending = { key, text: '', status: 'waiting', ...present, ...fields };
    const pending = present ? place.pending.map((each) => (each === present ? next : each)) : [...place.pending, next];
    return { ...place, pending };
  });
}

/** Takes something of one's own back. */
export function withoutOwn(id: string, key: string): Step {
  return change(id, (place) => ({ ...place, pending: place.pending.filter((pending) => pending.key !== key) }));
}

/** Turns something of one's own into a message, as the server has confirmed it. */
export function confirmed(id: string, message: Message): Step {
  const add = arrivedMessage(id, message);
  return (state) => {
    const next = withoutOwn(id, message.key)(add(state));
    const place = next.places[id];
    const isRead = place && state.places[id] && place.readSeq >= message.seq - 1;
    return isRead ? seen(id)(next) : next;
  };
}

/** The count of messages that were not seen, those of muted people left out. */
export function unreadOf(state: State, place: Place): number {
  return place.messages.filter(
    (message) => message.seq > place.readSeq && message.from.id !== state.you?.id && !state.muted[message.from.id],
  ).length;
}

/** All that was not seen in stations. */
export function unreadInStations(state: State): number {
  const stations = Object.values(state.places).filter((place) => !place.isRide);
  return stations.reduce((sum, place) => sum + unreadOf(state, place), 0);
}

/** All that was not seen, in all places. */
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

function pastOf(place: Place): readonly Message[] {
  return [...place.past, ...place.messages].slice(-LIMITS.messagesKept);
}

/** Invariant: messages are in the order of their positions, each position once, and not more than the server keeps twice over. */
function merge(old: readonly Message[], fresh: readonly Message[]): readonly Message[] {
  const added = fresh.filter((message) => !old.some((known) => known.seq === message.seq));
  if (added.length === 0) return old;
  return [...old, ...added].sort((a, b) => a.seq - b.seq).slice(-2 * LIMITS.messagesKept);
}
