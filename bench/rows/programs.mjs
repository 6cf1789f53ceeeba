/** Rows about programs that measure by themselves: the start of workers, and live video. */

/** @type {readonly import('../rows.mjs').Row[]} */
export const PROGRAM_ROWS = [
  {
    id: 'worker-start',
    group: 'workers',
    title: 'Start of two workers, from the first fork until both listen, and the memory of one',
    measure: 'program',
    app: 'worker',
    targets: ['naru', 'socket.io', 'raw'],
    key: { key: 'startMs', isMoreBetter: false },
    columns: { startMs: 'ms until both listen', rssMiB: 'RSS of one without connections, MiB' },
    beside: [{ pair: ['naru', 'socket.io'], by: 'rssMiB' }],
    unit: 'ms',
  },
  {
    id: 'live-viewers',
    group: 'live',
    title: 'Live video of 2.5 Mbit/s to 100 viewers: the application, and the same rooms on socket.io',
    measure: 'program',
    app: 'live',
    loadOptions: { viewers: 100 },
    targets: ['naru', 'socket.io'],
    key: { key: 'microsPerPicture', isMoreBetter: false },
    columns: {
      microsPerPicture: 'µs of CPU for a picture to a viewer',
      serverCpu: 'server CPU, 1 is a core',
      latestMs: 'the latest picture, ms',
      kibPerViewer: 'memory of a viewer, KiB',
    },
    aboutSeconds: 12,
    unit: 'µs of CPU for a picture to a viewer',
  },
];
