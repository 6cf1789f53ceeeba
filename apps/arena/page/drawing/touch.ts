/** Draws the sticks of the thumbs. */
import { STICK_REACH, type Stick } from '../input/thumbs.js';
import type { Size } from './camera.js';

/** Draws both sticks. One that is not touched stands where a thumb would be. */
export function drawSticks(
  pen: CanvasRenderingContext2D,
  { left, right }: { readonly left: Stick | undefined; readonly right: Stick | undefined },
  { width, height }: Size,
): void {
  const low = height - Math.min(130, height * 0.3);
  drawStick(pen, left, Math.min(100, width * 0.24), low, false);
  drawStick(pen, right, width - Math.min(100, width * 0.24), low, true);
}

function drawStick(
  pen: CanvasRenderingContext2D,
  stick: Stick | undefined,
  x: number,
  y: number,
  isAim: boolean,
): void {
  const [originX, originY] = [stick?.originX ?? x, stick?.originY ?? y];
  const alpha = stick ? 0.5 : 0.24;
  pen.lineWidth = 2;
  pen.strokeStyle = `rgb(255 255 255 / ${alpha})`;
  pen.beginPath();
  pen.arc(originX, originY, STICK_REACH, 0, Math.PI * 2);
  pen.stroke();
  pen.fillStyle = isAim ? `rgb(242 180 90 / ${alpha + 0.1})` : `rgb(255 255 255 / ${alpha})`;
  pen.beginPath();
  pen.arc(stick?.x ?? originX, stick?.y ?? originY, 24, 0, Math.PI * 2);
  pen.fill();
  drawSign(pen, stick?.x ?? originX, stick?.y ?? originY, isAim);
}

/** Four arrows for the stick that moves, and a cross for the one that aims. */
function drawSign(pen: CanvasRenderingContext2D, x: number, y: number, isAim: boolean): void {
  pen.strokeStyle = 'rgb(11 13 18 / 80%)';
  pen.lineWidth = 2.5;
  pen.beginPath();
  for (let quarter = 0; quarter < 4; quarter++) {
    const [cos, sin] = [Math.round(Math.cos((quarter * Math.PI) / 2)), Math.round(Math.sin((quarter * Math.PI) / 2))];
    if (isAim) {
      pen.moveTo(x + cos * 5, y + sin * 5);
      pen.lineTo(x + cos * 13, y + sin * 13);
    } else {
      pen.moveTo(x + cos * 9 - sin * 5, y + sin * 9 + cos * 5);
      pen.lineTo(x + cos * 14, y + sin * 14);
      pen.lineTo(x + cos * 9 + sin * 5, y + sin * 9 - cos * 5);
    }
  }
  pen.stroke();
}
