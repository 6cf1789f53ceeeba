/** The conversation of a place: stops on a vertical line, one for each turn of a person. */

import { Icon } from 'naru-apps-kit/page/icons.js';
import type { VNode } from 'preact';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Card, Message, Reaction } from '../../../shared/protocol.js';
import { nameOfRef, refOf } from '../../../shared/refs.js';
import { unreadOf } from '../../state/places.js';
import { shownReactions } from '../../state/reactions.js';
import type { Place, Reactions } from '../../state/state.js';
import { Unread } from '../back.js';
import { useChat } from '../context.js';
import { IceCard } from './ice-card.js';
import { useNewest } from './newest.js';
import { OwnPending, type Turn, type TurnParts, TurnView } from './turn.js';

/** The log of a place. */
export function Log({ place, label, isOver }: { place: Place; label: string; isOver: boolean }) {
  const { state, words, session, actions } = useChat();
  const older = (): void => void session.past.older(place.id);
  // Earlier messages arrive above; a screen reader must not read them out.
  const isLive = useSettled(place.isEntered && place.older !== 'loading' && place.older !== 'unknown');
  const { messages, newFrom, isRide, id } = place;
  const { muted, you } = state;
  const { language } = state.settings;
  const turns = useMemo(() => {
    const heard = messages.filter((message) => !muted[message.from.id]);
    return turnsOf(heard, newFrom);
  }, [messages, newFrom, muted]);
  const written = place.pending.filter(({ reaction }) => !reaction);
  const isFollowing = you !== undefined && turns.at(-1)?.from.id === you.id;
  const isSent = isFollowing && written.length === 0;
  const own = you?.id;
  const shared = { place: id, isRide, you: own, muted, words, language, actions };
  const parts = useMemo(() => shared, [language, id, isRide, own, muted]);
  const reactions = useMemo(() => shownReactions(place, own ?? ''), [place.reactions, place.pending, own]);
  const drawn = useDrawn(turns, parts, reactions, isSent);
  const { box, isBack, onScroll, toNewest } = useNewest(place, drawn, session.store, older);
  return (
    <div class="log-frame">
      <div
        class="log"
        ref={box}
        onScroll={onScroll}
        // The field keeps the focus: without it, the bar of a low window comes back and moves what is pressed away.
        onMouseDown={(event) => (event.target as Element).closest('a, button') && event.preventDefault()}
        role="log"
        aria-label={label}
        aria-live={isLive ? 'polite' : 'off'}
        aria-relevant="additions"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard.
        tabIndex={0}
      >
        <div class="log-inner">
          {isRide ? (
            <IceCard ride={id} isOver={isOver} />
          ) : (
            <Above place={place} older={older} toLog={() => box.current?.focus({ preventScroll: true })} />
          )}
          <Remarks place={place} isOver={isOver} />
          {drawn}
          {written.length > 0 && <OwnPending place={{ ...place, pending: written }} isFollowing={isFollowing} />}
        </div>
      </div>
      {isBack && (
        <button type="button" class="to-newest" onClick={toNewest}>
          <Icon name="down" />
          {words.toNewest}
          <NewCount place={place} />
        </button>
      )}
    </div>
  );
}

/** The number of messages that arrived while the reader is further up. */
function NewCount({ place }: { place: Place }) {
  const unread = unreadOf(useChat().state, place);
  return unread > 0 ? <Unread count={unread} /> : null;
}

type SharedParts = Omit<TurnParts, 'turn' | 'reactions' | 'isYou' | 'isSent'>;

/** Reuses the nodes of unchanged turns, so that one new message does not redraw a thousand others. */
function useDrawn(turns: readonly Turn[], shared: SharedParts, all: Reactions, isSent: boolean) {
  const before = useRef(new Map<string, { readonly parts: TurnParts; readonly shared: SharedParts; node: VNode }>());
  const keys = useRef<TurnKeys>(new Map());
  return useMemo(() => {
    const drawn: typeof before.current = new Map();
    keys.current = keysOf(turns, keys.current);
    turns.forEach((turn, index) => {
      const [first] = turn.messages;
      const key = (first && keys.current.get(first)) ?? '';
      const isYou = turn.from.id === shared.you;
      const reactions = turn.messages.map((message) => all[nameOfRef(refOf(message))] ?? NONE);
      const parts = { ...shared, turn, reactions, isYou, isSent: isSent && index === turns.length - 1 };
      const known = before.current.get(key);
      const isKnown = known?.shared === shared && isSameView(known.parts, parts);
      drawn.set(key, isKnown ? known : { parts, shared, node: <TurnView key={key} {...parts} /> });
    });
    before.current = drawn;
    return [...drawn.values()].map(({ node }) => node);
  }, [turns, shared, all, isSent]);
}

/** The keys of turns, by the first and the last message of each. */
export type TurnKeys = ReadonlyMap<Message, string>;

/**
 * A unique key for each turn. A turn that grows at its beginning or end keeps its key. With a new key it would be
 * redrawn, and would lose the selection and the focus.
 */
export function keysOf(turns: readonly Turn[], before: TurnKeys): TurnKeys {
  const keys = new Map<Message, string>();
  const taken = new Set<string>();
  for (const { messages } of turns) {
    const [first, last] = [messages[0], messages.at(-1)];
    if (!first || !last) continue;
    const own = `${first.from.id} ${first.key}`;
    let key = [before.get(first), before.get(last)].find((each) => each !== undefined && !taken.has(each)) ?? own;
    // When a turn is split into two, the first part keeps the key.
    while (taken.has(key)) key += "'";
    taken.add(key);
    keys.set(first, key).set(last, key);
  }
  return keys;
}

function isSameView(one: TurnParts, other: TurnParts): boolean {
  const [a, b] = [one.turn, other.turn];
  const isSameTurn = a.isNew === b.isNew && a.messages.length === b.messages.length;
  const isSameEnd = a.messages[0] === b.messages[0] && a.messages.at(-1) === b.messages.at(-1);
  const isSameMood = one.reactions.every((each, index) => each === other.reactions[index]);
  return isSameTurn && isSameEnd && isSameMood && one.isYou === other.isYou && one.isSent === other.isSent;
}

/** The line above the oldest message: a button for earlier messages, or a note that this is the beginning. */
function Above({ place, older, toLog }: { place: Place; older(): void; toLog(): void }) {
  const { words, isOff } = useChat();
  const hadFocus = useRef(false);
  const isButton = place.older === 'more' || place.older === 'loading' || place.older === 'failed';
  useEffect(() => {
    // The pressed button is gone, and the focus should stay near it.
    if (!isButton && hadFocus.current && document.activeElement === document.body) toLog();
    if (!isButton) hadFocus.current = false;
  }, [isButton]);
  if (place.older === 'unknown' || (place.older === 'none' && place.messages.length === 0)) return null;
  if (!isButton) {
    return (
      <p class="log-start">
        <span>{place.older === 'full' ? words.olderFull : words.olderNone}</span>
      </p>
    );
  }
  const isLoading = place.older === 'loading';
  return (
    <div class="log-older">
      <button
        type="button"
        class="pill"
        aria-disabled={isLoading || isOff}
        onFocus={() => {
          hadFocus.current = true;
        }}
        onBlur={({ relatedTarget }) => {
          // The focus goes nowhere when the button itself disappears.
          if (relatedTarget !== null) hadFocus.current = false;
        }}
        onClick={older}
      >
        {isLoading ? words.olderLoading : place.older === 'failed' ? words.olderFailed : words.older}
      </button>
    </div>
  );
}

/** The text of an empty conversation. */
function Remarks({ place, isOver }: { place: Place; isOver: boolean }) {
  const { words, isOff } = useChat();
  if (isOver || place.messages.length > 0 || place.pending.length > 0) return null;
  const isKnown = place.isEntered && place.older !== 'unknown';
  if (!isKnown) return <p class="log-note">{isOff ? words.tryingNote : words.entering}</p>;
  // On a ride, the card has the first words.
  if (place.isRide) return null;
  return (
    <div class="log-empty">
      <p>{words.empty}</p>
      <p>{words.emptyNote}</p>
    </div>
  );
}

/** Becomes true a moment after `isTrue` does, so that a screen reader reads later messages and not the first ones. */
function useSettled(isTrue: boolean): boolean {
  const isSettled = useRef(false);
  const [, setTurns] = useState(0);
  // At once instead of after drawing, because the answer may arrive before an effect has run.
  if (!isTrue) isSettled.current = false;
  useEffect(() => {
    if (!isTrue) return undefined;
    const timer = setTimeout(() => {
      isSettled.current = true;
      setTurns((turns) => turns + 1);
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [isTrue]);
  return isSettled.current;
}

/** Joins messages of one person that follow each other closely into turns. */
export function turnsOf(messages: readonly Message[], newFrom: number): readonly Turn[] {
  const turns: { from: Card; isNew: boolean; messages: Message[] }[] = [];
  for (const message of messages) {
    const last = turns.at(-1);
    const before = last?.messages.at(-1);
    const isNew = newFrom > 0 && message.seq >= newFrom && (before?.seq ?? 0) < newFrom;
    const isSame = before?.from.id === message.from.id && before.from.name.join() === message.from.name.join();
    if (last && before && isSame && !isNew && message.at - before.at < TURN_MS) last.messages.push(message);
    else turns.push({ from: message.from, isNew, messages: [message] });
  }
  return turns;
}

const NONE: readonly Reaction[] = [];
const TURN_MS = 3 * 60_000;
const SETTLE_MS = 500;
