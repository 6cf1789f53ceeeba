/** Moves the focus as a screen comes up, so that a screen reader says where one is, and a mouse can be left for the keys. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * A reference for the heading of a screen. The heading takes the focus whenever `screen` changes, but not when the page has just been
 * opened; who came by mouse is taken to where one writes, if that is there.
 */
export function useArrival(screen: unknown): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const field = isByMouse ? document.getElementById('write') : null;
    if (!isFirst) (field ?? heading.current)?.focus();
    isFirst = false;
  }, [screen]);
  return heading;
}

/** Notes whether people come by mouse or by keyboard. Not by touch: there, focus would call up a keyboard that covers half of the screen. */
export function watchPointer(): void {
  addEventListener('pointerdown', (event) => setByMouse(event.pointerType === 'mouse'), true);
  addEventListener('keydown', () => setByMouse(false), true);
}

function setByMouse(is: boolean): void {
  isByMouse = is;
}

let isFirst = true;
let isByMouse = false;
