// Runs before the first paint, so that the page does not flash in the wrong theme.
try {
  const theme = JSON.parse(localStorage.getItem('live.theme') ?? 'null');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage, the page follows the theme of the system.
}
