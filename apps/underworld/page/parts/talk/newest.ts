/**
 * The scroll position of a log: at the newest message, or at the reader's place further up. It notes what was seen, and
 * asks for earlier messages.
 */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { seen, shown } from '../../state/places.js';
import type { Place } from '../../state/state.js';
import type { Store } from '../../state/store.js';

/** The box that scrolls, and what it needs. */
export interface Newest {
  readonly box: RefObject<HTMLDivElement | null>;
  /** Whether the reader is further up. */
  readonly isBack: boolean;
  onScroll(): void;
  toNewest(): void;
}

/** The distance of a message from the beginning of the log when it was last drawn. */
interface Anchor {
  readonly key: string;
  readonly top: number;
}

/**
 * Follows the newest message of a place. It measures the page only when the place or its `drawn` messages changed,
 * because typing moves no message. `older` asks for earlier messages when the reader comes near the first one.
 */
export function useNewest(place: Place, drawn: unknown, store: Store, older: () => void): Newest {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const anchor = useRef<Anchor | undefined>(undefined);
  const lastOwn = useRef('');
  const [isBack, setBack] = useState(false);
  const lastTop = useRef(0);
  const toEnd = (): void => {
    const node = box.current;
    if (!node) return;
    node.scrollTop = node.scrollHeight;
    lastTop.current = node.scrollTop;
  };
  const follow = (): void => {
    const node = box.current;
    // The reader has just scrolled up, and the scroll event is still to come. Moving to the end now would undo it.
    if (node && node.scrollTop < lastTop.current - 1 && !isNearEnd(node)) isAtEnd.current = false;
    if (isAtEnd.current) toEnd();
  };
  const see = (): void => {
    if (isAtEnd.current && document.visibilityState === 'visible') store.take(seen(place.id));
  };
  useLayoutEffect(() => {
    store.take(shown(place.id));
  }, [place.id]);
  useLayoutEffect(() => {
    const own = place.pending.findLast(({ status, reaction }) => status !== 'failed' && !reaction);
    // Your own message brings you back to the newest.
    const isOwnNew = own !== undefined && own.key !== lastOwn.current;
    lastOwn.current = own?.key ?? lastOwn.current;
    const node = box.current;
    if (isOwnNew) {
      isAtEnd.current = true;
      toEnd();
    }
    if (isAtEnd.current) follow();
    else if (node) keep(node, anchor.current);
    anchor.current = node ? anchorIn(node) : undefined;
    see();
    // A first page that does not fill the box cannot be scrolled, so more is asked for.
    if (node && place.older === 'more' && node.scrollHeight <= node.clientHeight + NEAR_PX) older();
  }, [place, drawn]);
  useEffect(() => {
    document.addEventListener('visibilitychange', see);
    // Pictures grow as they arrive.
    const resized = new ResizeObserver(() => isAtEnd.current && follow());
    for (const node of [box.current, box.current?.firstElementChild]) if (node) resized.observe(node);
    return () => {
      document.removeEventListener('visibilitychange', see);
      resized.disconnect();
    };
  }, [place.id]);
  return {
    box,
    isBack,
    onScroll() {
      const node = box.current;
      if (!node) return;
      isAtEnd.current = isNearEnd(node);
      lastTop.current = node.scrollTop;
      setBack(!isAtEnd.current);
      // A picture that grows above must not move the line being read.
      anchor.current = anchorIn(node);
      see();
      // After a failed try, the button asks again.
      if (!isAtEnd.current && place.older === 'more' && node.scrollTop < AHEAD_PX) older();
    },
    toNewest() {
      isAtEnd.current = true;
      toEnd();
      see();
    },
  };
}

function isNearEnd({ scrollHeight, scrollTop, clientHeight }: HTMLElement): boolean {
  return scrollHeight - scrollTop - clientHeight < NEAR_PX;
}

/** The first message that can be seen, and where it is. */
function anchorIn(node: HTMLElement): Anchor | undefined {
  const { top } = node.getBoundingClientRect();
  const messages = node.querySelectorAll<HTMLElement>('[data-key]');
  // A binary search, because there may be thousands of messages at every move.
  let [low, high] = [0, messages.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.getBoundingClientRect().bottom ?? 0) > top) high = middle;
    else low = middle + 1;
  }
  const key = messages[low]?.dataset.key;
  return key === undefined ? undefined : { key, top: topOf(node, key) ?? 0 };
}

/** Scrolls by as much as was added or removed above a message. */
function keep(node: HTMLElement, anchor: Anchor | undefined): void {
  const top = anchor && topOf(node, anchor.key);
  if (top !== undefined && top !== anchor?.top) node.scrollTop += top - (anchor?.top ?? 0);
}

/**
 * The distance of a message from the beginning of the log, whatever the scroll position; undefined when the message is
 * gone.
 */
function topOf(node: HTMLElement, key: string): number | undefined {
  const message = node.querySelector(`[data-key="${CSS.escape(key)}"]`);
  return message ? message.getBoundingClientRect().top - node.getBoundingClientRect().top + node.scrollTop : undefined;
}

const NEAR_PX = 48;
/** The distance from the first message at which earlier ones are asked for, so that they arrive in time. */
const AHEAD_PX = 600;
