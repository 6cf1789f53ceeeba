/** The pictograms of the pages, drawn on a grid of 24. Each has a label, visible or for screen readers. */

const FACE = 'M12 3.5a8.5 8.5 0 100 17 8.5 8.5 0 000-17z';
const EYES = 'M9 9.5h.01M15 9.5h.01';

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  camera: 'M3 7h11v10H3zM14 10.5l7-3.5v10l-7-3.5',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  down: 'M12 5v13M6 12l6 6 6-6',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  fire: 'M12 3c.4 3.6 5.6 6 5.6 11.2a5.6 5.6 0 01-11.2 0c0-2.3 1-3.9 2.2-5.2.3 1.5.9 2.4 1.8 2.8C9.9 8.8 10.4 5.5 12 3z',
  float: 'M3 5h18v14H3zM12 12h6v4h-6z',
  full: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  heart: 'M12 20S3.5 14.5 3.5 8.7A4.4 4.4 0 0112 7a4.4 4.4 0 018.5 1.7C20.5 14.5 12 20 12 20z',
  laugh: `${FACE}M7.5 13.2h9a4.5 4.5 0 01-9 0zM8 9.7l1.3-1.3 1.3 1.3M13.4 9.7l1.3-1.3 1.3 1.3`,
  leave: 'M10 5H5v14h5M10 12h10M16 8l4 4-4 4',
  microphone: 'M12 15a3 3 0 003-3V6a3 3 0 00-6 0v6a3 3 0 003 3zM6 11v1a6 6 0 0012 0v-1M12 18v3',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  next: 'M5 6l7 6-7 6zM13 6l7 6-7 6z',
  pause: 'M8 5v14M16 5v14',
  people: 'M9 11a3 3 0 100-6 3 3 0 000 6zM3.5 19a5.5 5.5 0 0111 0M16 5.4a3 3 0 010 5.2M17 14a5.5 5.5 0 013.5 5',
  picture: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5h.01',
  play: 'M7 5l11 7-11 7z',
  plus: 'M12 5v14M5 12h14',
  reply: 'M10 6l-6 6 6 6M4 12h11a5 5 0 015 5v2',
  ride: 'M7 4h10a2 2 0 012 2v9a3 3 0 01-3 3H8a3 3 0 01-3-3V6a2 2 0 012-2zM5 11h14M8.5 14.5h.01M15.5 14.5h.01M8 18l-2 3M16 18l2 3',
  sad: `${FACE}${EYES}M8.5 16.3a4.5 4.5 0 017 0`,
  screen: 'M3 5h18v11H3zM9 20h6M12 16v4',
  send: 'M5 12h13M12 5l7 7-7 7',
  silent: 'M4 10v4h4l5 4V6L8 10zM16 10l5 5M21 10l-5 5',
  smile: `${FACE}${EYES}M8.5 14a4.5 4.5 0 007 0`,
  sound: 'M4 10v4h4l5 4V6L8 10zM16.5 9a4 4 0 010 6M19 6.5a8 8 0 010 11',
  thumb: 'M4 10.5h3.5V20H4zM7.5 10.5L11 4a2 2 0 012 2v3.5h5.3a1.7 1.7 0 011.7 2l-1.3 6.8a2 2 0 01-2 1.7H7.5',
  wow: `${FACE}${EYES}M12 13.2a1.9 2.2 0 100 4.4 1.9 2.2 0 000-4.4z`,
  // The five kinds of clients.
  web: 'M4 5h16v14H4zM4 9.5h16M7 7.3h.01',
  terminal: 'M4 5.5l7 6.5-7 6.5M13 19h7.5',
  stream: 'M3 9c3-4 6 4 9 0s6-4 9 0M3 16c3-4 6 4 9 0s6-4 9 0',
  broker: 'M4 6h16v12H4zM4 7l8 6.5L20 7',
  program: 'M8.5 6L3 12l5.5 6M15.5 6L21 12l-5.5 6',
} as const;

/** A pictogram. */
export function Icon({ name }: { name: keyof typeof PATHS }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The sign of the line: a ring on a rail, with or without a light in it. */
export function Sign({ isLit }: { isLit: boolean }) {
  return (
    <svg class="sign" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" focusable="false">
      <path class="sign-rail" d="M2 22h7l8-8h13" />
      <circle class="sign-ring" cx="17" cy="14" r="5.5" />
      {isLit && <circle class="sign-light" cx="17" cy="14" r="2" />}
    </svg>
  );
}
