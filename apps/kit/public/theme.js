// Runs before the first paint, so that the page does not flash in the wrong theme. `data-app` is the name of the
// application's memory.
try {
  const theme = JSON.parse(localStorage.getItem(`${document.currentScript.dataset.app}.theme`) ?? 'null');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage, the page follows the theme of the system.
}
