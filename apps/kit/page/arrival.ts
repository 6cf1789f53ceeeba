/** Moves the focus when a screen opens, so that a screen reader announces it, and keys work without the mouse. */
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * A reference for the heading of a screen. The heading takes the focus when `screen` changes, but not when the page was
 * just opened. After a click, the text field takes it instead, if there is one.
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

/**
 * Notes whether the last input was a mouse. Touch does not count, because focus would open a keyboard over half of the
 * screen.
 */
export function watchPointer(): void {
  addEventListener('pointerdown', (event) => setByMouse(event.pointerType === 'mouse'), true);
  addEventListener('keydown', () => setByMouse(false), true);
}

function setByMouse(is: boolean): void {
  isByMouse = is;
}

let isFirst = true;
let isByMouse = false;
