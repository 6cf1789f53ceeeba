/** The pictograms of the page, drawn on a grid of 24. Each has a label, visible or for screen readers. */

const PATHS = {
  back: 'M15 5l-7 7 7 7',
  camera: 'M3 7h11v10H3zM14 10.5l7-3.500v10l-7-3.500',
  close: 'M6 6l12 12M18 6L6 18',
  copy: 'M9 9h11v11H9zM5 15H4V4h11v1',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  full: 'M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5',
  microphone: 'M12 15a3 3 0 003-3V6a3 3 0 00-6 0v6a3 3 0 003 3zM6 11v1a6 6 0 0012 0v-1M12 18v3',
  more: 'M6 12h.01M12 12h.01M18 12h.01',
  people:
    'M9 11a3 3 0 100-6 3 3 0 000 6zM3.500 19a5.500 5.500 0 0111 0M16 5.400a3 3 0 010 5.200M17 14a5.500 5.500 0 013.500 5',
  program: 'M8.500 6L3 12l5.500 6M15.500 6L21 12l-5.500 6',
  screen: 'M3 5h18v11H3zM9 20h6M12 16v4',
  send: 'M5 12h13M12 5l7 7-7 7',
  silent: 'M4 10v4h4l5 4V6L8 10zM16 10l5 5M21 10l-5 5',
  sound: 'M4 10v4h4l5 4V6L8 10zM16.500 9a4 4 0 010 6M19 6.500a8 8 0 010 11',
} as const;

/** The name of a pictogram. */
export type IconName = keyof typeof PATHS;

/** A pictogram. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class={`icon icon-${name}`} viewBox="0 0 24 24" width="20" height="20" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The sign of the line: a ring on a rail, lit. */
export function Sign() {
  return (
    <svg class="sign" viewBox="0 0 32 32" width="26" height="26" aria-hidden="true" focusable="false">
      <path class="sign-rail" d="M2 22h7l8-8h13" />
      <circle class="sign-ring" cx="17" cy="14" r="5.500" />
      <circle class="sign-light" cx="17" cy="14" r="2" />
    </svg>
  );
}
