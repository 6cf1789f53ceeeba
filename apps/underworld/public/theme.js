// Runs before the first paint, so that a chosen light does not flash.
try {
  const theme = JSON.parse(localStorage.getItem('underworld.theme') ?? 'null');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's light stands.
}
