/** The stills of broadcasts: the one that `still.js` has asked for before this code was loaded, and further ones. */

/** A picture of a broadcast, from a moment ago. */
interface Still {
  readonly id: string;
  readonly image: Promise<ImageBitmap | undefined>;
}

/**
 * Calls `show` with the still of this broadcast as soon as it is there. A page has at most one still, which is given
 * out once.
 */
export function takeStill(id: string, show: (image: ImageBitmap) => void): void {
  const page = globalThis as { still?: Still | undefined };
  const { still } = page;
  page.still = undefined;
  if (still?.id === id) void still.image.then((image) => image && show(image));
}
