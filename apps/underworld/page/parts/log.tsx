/** The conversation of a place: stops on a vertical line, one for each turn of somebody's talk. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Card, Message } from '../../shared/wire.js';
import type { Place } from '../state/state.js';
import { useChat } from './context.js';
import { Icon } from './icons.js';
import { useNewest } from './newest.js';
import { OwnPending, type Turn, TurnView } from './turn.js';

/** The log of a place. */
export function Log({ place, label, isOver }: { place: Place; label: string; isOver: boolean }) {
  const { state, words, session, actions } = useChat();
  const { box, isBack, onScroll, toNewest } = useNewest(place, session.store);
  const isLive = useSettled(place.isEntered);
  const { messages, newFrom, isRide, id } = place;
  const { muted, you } = state;
  const { language } = state.settings;
  const hear = (all: readonly Message[]): readonly Turn[] =>
    turnsOf(
      all.filter((message) => !muted[message.from.id]),
      all === messages ? newFrom : 0,
    );
  const turns = useMemo(() => hear(messages), [messages, newFrom, muted]);
  const past = useMemo(() => hear(place.past), [place.past, muted]);
  const draw = (some: readonly Turn[]) => {
    const parts = { place: id, isRide, words, language, actions };
    return some.map((turn) => (
      <TurnView key={turn.messages[0]?.seq} turn={turn} isYou={turn.from.id === you?.id} {...parts} />
    ));
  };
  // The same nodes for the same turns, so that a typing mark does not draw a hundred messages anew.
  const drawn = useMemo(() => draw(turns), [turns, language, you, id, isRide]);
  const drawnPast = useMemo(() => draw(past), [past, language, you, id, isRide]);
  const isFollowing = you !== undefined && turns.at(-1)?.from.id === you.id;
  return (
    <div class="log-frame">
      <div
        class="log"
        ref={box}
        onScroll={onScroll}
        role="log"
        aria-label={label}
        aria-live={isLive ? 'polite' : 'off'}
        aria-relevant="additions"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls has to be reachable by keyboard.
        tabIndex={0}
      >
        <div class="log-inner">
          {drawnPast}
          <Remarks place={place} isOver={isOver} />
          {drawn}
          {place.pending.length > 0 && <OwnPending place={place} isFollowing={isFollowing} />}
        </div>
      </div>
      {isBack && (
        <button type="button" class="to-newest" onClick={toNewest}>
          <Icon name="down" />
          {words.toNewest}
        </button>
      )}
    </div>
  );
}

/** What stands where messages are missing. */
function Remarks({ place, isOver }: { place: Place; isOver: boolean }) {
  const { state, words } = useChat();
  if (place.hasGap) return <p class="log-note">{words.gap}</p>;
  if (isOver || place.messages.length > 0 || place.pending.length > 0) return null;
  if (!place.isEntered) return state.link === 'online' ? <p class="log-note">{words.entering}</p> : null;
  return (
    <div class="log-empty">
      <p>{words.empty}</p>
      <p>{words.emptyNote}</p>
    </div>
  );
}

/** True a moment after something became true: what is there on entry is not read out, what comes after is. */
function useSettled(isTrue: boolean): boolean {
  const [isSettled, setSettled] = useState(false);
  useEffect(() => {
    if (!isTrue || isSettled) return undefined;
    const timer = setTimeout(() => setSettled(true), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [isTrue]);
  return isSettled;
}

/** Joins messages of one person that follow each other closely. */
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

const TURN_MS = 3 * 60_000;
const SETTLE_MS = 500;
