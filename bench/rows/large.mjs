/** Rows about messages of 1 KiB to 1 MiB: text, bytes and JSON; coming in, echoed, and to rooms. */

const FORMS = /** @type {const} */ (['text', 'bytes', 'json']);

/**
 * `batch` is the number of messages that the server answers together, and `window` that of the messages in flight to a
 * room.
 */
const SIZES = [
  { size: '1k', title: '1 KiB', bytes: 1024, batch: 64, window: 16 },
  { size: '16k', title: '16 KiB', bytes: 16_384, batch: 16, window: 4 },
  { size: '64k', title: '64 KiB', bytes: 65_536, batch: 8, window: 1 },
  { size: '1m', title: '1 MiB', bytes: 1_048_576, batch: 1, window: 1 },
];

const TO_RAW = /** @type {const} */ (['naru', 'raw-large']);
const CLIENTS = 20;
const ROOMS = [50, 1000];
/** A message of this size to a room of 1,000 would wait in 1 GiB of the system's buffers. */
const HUGE_BYTES = 1_048_576;
/** From this size on, the goal is the speed of the control. */
const RAW_FROM_BYTES = 65_536;
/** The least ratio to `socket.io` in a room of 1,000, by size. @type {Record<string, number>} */
const ROOM_GOALS = { '1k': 2, '16k': 1.5 };
/** The ratio of rates where a delivery takes 10 % more CPU time. */
const AT_MOST_A_TENTH_MORE = 0.91;

// Both servers refuse messages of more than 1 MB by default.
const SERVER_OPTIONS = { pingInterval: 300_000, maxHttpBufferSize: 4_194_304 };

/** @type {readonly import('../rows.mjs').Row[]} */
export const LARGE_ROWS = FORMS.flatMap((form) =>
  SIZES.flatMap(({ size, title, bytes, batch, window }) => {
    const what = `${form === 'json' ? 'JSON' : form} of ${title}`;
    const row = { measure: /** @type {const} */ ('throughput'), serverOptions: SERVER_OPTIONS };
    return [
      ...[
        { app: 'in', verb: 'coming in', batch },
        { app: 'echo', verb: 'echoed', batch: 1 },
      ].map(({ app, verb, batch }) => ({
        ...row,
        id: `large-${app}-${form}-${size}`,
        group: `large-${app}`,
        title: `Large messages: ${what}, ${verb}, ${CLIENTS} clients`,
        app,
        load: 'large',
        loadOptions: { app, form, bytes, batch, clients: CLIENTS },
        targets: ['socket.io', 'naru'],
        unit: 'messages',
        goal: 1.3,
      })),
      ...ROOMS.filter((receivers) => receivers < 1000 || bytes < HUGE_BYTES).map((receivers) => ({
        ...row,
        id: `large-room-${form}-${size}-${receivers}`,
        group: 'large-room',
        title: `Large messages: ${what} to ${receivers.toLocaleString('en')} sockets in a room, ${window} in flight`,
        app: 'fanout',
        load: 'fanout',
        loadOptions: { receivers, senders: 1, window, form, bytes },
        targets: ['socket.io', 'naru', 'raw-large'],
        unit: 'deliveries',
        ...(receivers === 1000 ? goalOf(size, bytes) : { beside: [{ pair: TO_RAW }] }),
      })),
    ];
  }),
);

/** The goal in a room of 1,000. @param {string} size @param {number} bytes */
function goalOf(size, bytes) {
  return bytes < RAW_FROM_BYTES
    ? { goal: ROOM_GOALS[size], beside: [{ pair: TO_RAW }] }
    : { compare: TO_RAW, goal: AT_MOST_A_TENTH_MORE, beside: [{ pair: ['naru', 'socket.io'] }] };
}
