// Asks for a still of the broadcast in the link while the page loads, and shows it in an outline of the screen until
// the screen is built. The ticket of the tab goes with the request, because a removed person may not see the broadcast.
const [, id] = /^#\/watch\/([\w-]{1,40})(?:\/|$)/.exec(location.hash) ?? [];

async function loadStill() {
  const ticket = JSON.parse(sessionStorage.getItem('live.ticket') ?? '""');
  const response = await fetch(`/still/${id}`, { headers: { authorization: `Bearer ${ticket}` }, priority: 'high' });
  return response.status === 200 ? createImageBitmap(await response.blob()) : undefined;
}

function showStill(image) {
  const app = document.getElementById('app');
  const outline = document.getElementById('outline');
  // The screen is there already, and shows the still by itself.
  if (!image || !app || !outline || app.hasChildNodes()) return;
  app.append(outline.content.cloneNode(true));
  const canvas = app.querySelector('canvas');
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d', { alpha: false, desynchronized: true }).drawImage(image, 0, 0);
}

if (id) {
  // Without a still, or in a browser that refuses storage, the page waits for its first picture.
  const image = loadStill().catch(() => undefined);
  globalThis.still = { id, image };
  void image.then(showStill);
}
