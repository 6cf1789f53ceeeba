/** The stills of broadcasts: the one that `still.js` has asked for before this code was loaded, and further ones. */
import { ticketOfTab } from '../connection/tab.js';

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

/** Loads the newest still of a broadcast. `undefined` if it has none, or this person may not see it. */
export async function loadStill(id: string): Promise<ImageBitmap | undefined> {
  try {
    const response = await fetch(`/still/${id}`, { headers: { authorization: `Bearer ${ticketOfTab()}` } });
    return response.status === 200 ? await createImageBitmap(await response.blob()) : undefined;
  } catch {
    // The connection was lost, or the picture is damaged. The next one may be better.
    return undefined;
  }
}

/** Draws a still on a canvas, which takes its size. Without one, the canvas becomes black. */
export function drawStill(canvas: HTMLCanvasElement, still: ImageBitmap | undefined): void {
  // Setting the size clears the canvas.
  canvas.width = still?.width ?? canvas.width;
  canvas.height = still?.height ?? canvas.height;
  if (still) canvas.getContext('2d', { alpha: false })?.drawImage(still, 0, 0);
}
