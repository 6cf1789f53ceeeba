/** The still that `still.js` has asked for before this code was loaded. */

/** A picture of a broadcast, from a moment ago. */
interface Still {
  readonly id: string;
  readonly image: HTMLImageElement;
}

/**
 * Calls `show` with the still of this broadcast as soon as it is there. A page has at most one still, which is given
 * out once.
 */
export function takeStill(id: string, show: (image: HTMLImageElement) => void): void {
  const page = globalThis as { still?: Still | undefined };
  const { still } = page;
  page.still = undefined;
  if (still?.id !== id) return;
  const { image } = still;
  if (image.complete && image.width > 0) show(image);
  else image.addEventListener('load', () => show(image));
}
