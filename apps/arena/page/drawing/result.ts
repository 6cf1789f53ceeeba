/** The result of a round as a picture, which people share or save. */
import { COLOURS } from './colours.js';
import { colourOf, markOf } from './marks.js';

/** The texts of the picture, and the player in it. */
export interface Result {
  readonly title: string;
  readonly name: string;
  readonly points: string;
  readonly rank: string;
  readonly place: string;
  readonly hue: number;
  readonly mark: number;
}

/** The size that previews of links and messengers have room for. */
const SIZE = { width: 1_200, height: 630 } as const;
const TEXT_WIDTH = SIZE.width - 540;

/** Makes the picture. Returns undefined in a browser that cannot. */
export function paintResult(result: Result): Promise<Blob | undefined> {
  const canvas = document.createElement('canvas');
  Object.assign(canvas, SIZE);
  const pen = canvas.getContext('2d');
  if (pen) paint(pen, result);
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? undefined), 'image/png'));
}

/** Shares a picture where the device can, and saves it elsewhere. Returns what it did. */
export async function shareOrSave(picture: Blob, fileName: string): Promise<'shared' | 'saved'> {
  const files = [new File([picture], fileName, { type: picture.type })];
  if (navigator.canShare?.({ files })) {
    // A person who closes the dialog of the device has changed their mind.
    await navigator.share({ files }).catch(() => undefined);
    return 'shared';
  }
  const link = Object.assign(document.createElement('a'), { href: URL.createObjectURL(picture), download: fileName });
  link.click();
  // The browser reads the picture after this turn.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  return 'saved';
}

function paint(pen: CanvasRenderingContext2D, { title, name, points, rank, place, hue, mark }: Result): void {
  pen.fillStyle = COLOURS.floor;
  pen.fillRect(0, 0, SIZE.width, SIZE.height);
  const light = pen.createRadialGradient(280, 315, 20, 280, 315, 900);
  light.addColorStop(0, 'rgb(255 236 200 / 45%)');
  light.addColorStop(1, 'rgb(255 236 200 / 0)');
  pen.fillStyle = light;
  pen.beginPath();
  pen.moveTo(280, 315);
  pen.arc(280, 315, 1_100, -0.34, 0.34);
  pen.fill();
  paintPlayer(pen, hue, mark);
  const line = (text: string, y: number, size: number, colour: string): void => {
    const fontOf = (px: number): string => `700 ${px}px system-ui, sans-serif`;
    pen.font = fontOf(size);
    // A long line is smaller. A width for `fillText` would squeeze its letters.
    pen.font = fontOf(size * Math.min(1, TEXT_WIDTH / pen.measureText(text).width));
    pen.fillStyle = colour;
    pen.fillText(text, 480, y);
  };
  line(title, 150, 40, COLOURS.lamp);
  line(name, 265, 76, colourOf(hue));
  line(points, 400, 104, COLOURS.ink);
  line(rank, 480, 52, COLOURS.ink);
  line(place, 570, 30, 'rgb(236 238 243 / 70%)');
}

/** Draws the player as on the field, and larger. */
function paintPlayer(pen: CanvasRenderingContext2D, hue: number, mark: number): void {
  pen.save();
  pen.translate(280, 315);
  pen.scale(9, 9);
  pen.fillStyle = colourOf(hue);
  pen.beginPath();
  pen.arc(0, 0, 14, 0, Math.PI * 2);
  pen.fill();
  pen.fillStyle = COLOURS.dark;
  pen.fill(new Path2D(markOf(mark)));
  pen.restore();
}
