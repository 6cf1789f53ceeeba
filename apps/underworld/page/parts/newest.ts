/** Keeps a log at its newest message, unless the reader has gone back to read; and notes what was seen. */
import type { RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { seen, shown } from '../state/places.js';
import type { Place } from '../state/state.js';
import type { Store } from '../state/store.js';

/** The box that scrolls, and what it needs. */
export interface Newest {
  readonly box: RefObject<HTMLDivElement | null>;
  /** True while the reader is somewhere above. */
  readonly isBack: boolean;
  onScroll(): void;
  toNewest(): void;
}

/** Follows the newest message of a place. */
export function useNewest(place: Place, store: Store): Newest {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const lastOwn = useRef('');
  const [isBack, setBack] = useState(false);
  const toEnd = (): void => {
    const node = box.current;
    if (node) node.scrollTop = node.scrollHeight;
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
    if (own && own.key !== lastOwn.current) isAtEnd.current = true;
    lastOwn.current = own?.key ?? lastOwn.current;
    if (isAtEnd.current) toEnd();
    see();
  });
  useEffect(() => {
    document.addEventListener('visibilitychange', see);
    // Pictures grow as they arrive.
    const resized = new ResizeObserver(() => isAtEnd.current && toEnd());
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
      isAtEnd.current = node.scrollHeight - node.scrollTop - node.clientHeight < NEAR_PX;
      setBack(!isAtEnd.current);
      see();
    },
    toNewest() {
      isAtEnd.current = true;
      toEnd();
      see();
    },
  };
}

const NEAR_PX = 48;
