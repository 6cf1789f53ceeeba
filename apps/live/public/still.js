// Asks for a still of the broadcast in the link while the page loads, and shows it in an outline of the screen until
// the screen is built.
const [, id] = /^#\/watch\/([\w-]{1,40})(?:\/|$)/.exec(location.hash) ?? [];
if (id) {
  const still = new Image();
  still.onload = () => {
    const app = document.getElementById('app');
    const outline = document.getElementById('outline');
    // The screen is there already, and shows the still by itself.
    if (!app || !outline || app.hasChildNodes()) return;
    app.append(outline.content.cloneNode(true));
    const canvas = app.querySelector('canvas');
    canvas.width = still.width;
    canvas.height = still.height;
    canvas.getContext('2d', { alpha: false, desynchronized: true }).drawImage(still, 0, 0);
  };
  still.fetchPriority = 'high';
  still.src = `/still/${id}`;
  globalThis.still = { id, image: still };
}
