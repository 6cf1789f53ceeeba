/** Shows a canvas in a small window above all others, which browsers call picture in picture. */

/** Whether this browser can do it. */
export function canFloat(): boolean {
  return document.pictureInPictureEnabled && 'captureStream' in HTMLCanvasElement.prototype;
}

/** Whether the window is open. */
export function isFloating(): boolean {
  return Boolean(document.pictureInPictureElement);
}

/** Opens the window, or closes it if it is open. */
export async function float(canvas: HTMLCanvasElement | null | undefined): Promise<void> {
  if (isFloating()) return endFloat();
  if (!canvas || !canFloat()) return;
  const video = document.createElement('video');
  video.muted = true;
  video.srcObject = canvas.captureStream();
  try {
    await video.play();
    await video.requestPictureInPicture();
  } catch {
    // The browser wants a click first, or the person has closed the window meanwhile.
    return;
  }
}

/** Closes the window, if it is open. */
export async function endFloat(): Promise<void> {
  if (isFloating()) await document.exitPictureInPicture();
}
