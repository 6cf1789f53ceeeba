/** Keeps a log at its newest message, or the reader's place where they read further back; notes what was seen, and asks for what is before. */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { seen, shown } from '../../state/places.js';
import type { Place } from '../../state/state.js';
import type { Store } from '../../state/store.js';

/** The box that scrolls, and what it needs. */
export interface Newest {
  readonly box: RefObject<HTMLDivElement | null>;
  /** True while the reader is somewhere above. */
  readonly isBack: boolean;
  onScroll(): void;
  toNewest(): void;
}

/** How far below the beginning of the log a message stood when it was drawn last. */
interface Anchor {
  readonly key: string;
  readonly top: number;
}

/**
 * Follows the newest message of a place, and looks at the page only where the place or what is `drawn` of it has changed: a letter that is typed
 * moves no message. `older` asks for those before, as the reader comes near the first.
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
    // Scrolled up in this very moment: the event that says so comes later, and must not find the reader at the end again.
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
    const own = place.pending.findLast((pending) => pending.status !== 'failed');
    // One's own words bring the reader back to the newest.
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
    // A first part that does not fill the box leaves nothing to scroll.
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
      // What grows above, as a picture does, must not move what is being read.
      anchor.current = anchorIn(node);
      see();
      // Who came to the end of a try that failed asks again by the button.
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
  // They stand below each other, and there may be thousands of them, at every move.
  let [low, high] = [0, messages.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.getBoundingClientRect().bottom ?? 0) > top) high = middle;
    else low = middle + 1;
  }
  const key = messages[low]?.dataset.key;
  return key === undefined ? undefined : { key, top: topOf(node, key) ?? 0 };
}

/** Scrolls by as much as has come or gone above a message. */
function keep(node: HTMLElement, anchor: Anchor | undefined): void {
  const top = anchor && topOf(node, anchor.key);
  if (top !== undefined && top !== anchor?.top) node.scrollTop += top - (anchor?.top ?? 0);
}

/** How far below the beginning of the log a message is, wherever the log is scrolled to; nothing when it is not there any more. */
function topOf(node: HTMLElement, key: string): number | undefined {
  const message = node.querySelector(`[data-key="${CSS.escape(key)}"]`);
  return message ? message.getBoundingClientRect().top - node.getBoundingClientRect().top + node.scrollTop : undefined;
}

const NEAR_PX = 48;
/** So near the first message the ones before it are asked for, so that they are there when they are reached. */
const AHEAD_PX = 600;
