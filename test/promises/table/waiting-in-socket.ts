/** Promises of docs/delivery.md about events that wait in the client. */
import { EVERY_HOME, ORDERED, type Promised } from '../promised.js';

const document = 'docs/delivery.md';
const bounds = 'packages/naru/test/client/socket/send-buffer-bounds';
/** Events that are emitted without a connection. */
export const waitingInSocket: readonly Promised[] = [
  {
    id: 'waiting-bytes',
    said: { [document]: 'Beyond the first two bounds `emit` throws `DISCONNECTED`.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit without a connection'],
    check: { file: bounds, test: 'throws above bufferBytesMax, and accepts more when there is room again' },
    mutant: {
      in: 'naru/src/client/socket/send-buffer-bounds.ts',
      find: '  if (total > bufferBytesMax) {\n',
      put: '  if (total > 2 * bufferBytesMax) {\n',
    },
  },
  {
    id: 'waiting-age',
    said: { [document]: 'When the connection is back, the client drops events that are too old.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit without a connection'],
    check: { file: bounds, test: 'drops events older than bufferAgeMax when the connection is back, and reports it' },
    mutant: {
      in: 'naru/src/client/socket/send-buffer-bounds.ts',
      find: '<= bufferAgeMax) return false;',
      put: '<= 2 * bufferAgeMax) return false;',
    },
  },
  {
    id: 'waiting-told',
    said: {
      [document]:
        'The acknowledgement of a dropped event gets `TIMEOUT` if it takes an error, and the Manager (`socket.io`) emits `drop` with the packet:',
      'docs/client.md':
        'With `bufferAgeMax` the client drops events that have waited too long, and the Manager emits `drop` for each.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit without a connection'],
    check: { file: bounds, test: 'drops events older than bufferAgeMax when the connection is back, and reports it' },
    mutant: { in: 'naru/src/client/socket/send-buffer-bounds.ts', find: "io.emit('drop', packet);", put: '' },
  },
  {
    id: 'waiting-order',
    said: {
      'docs/client.md':
        '**Events that you emit while disconnected** wait, and the client sends them in order after it reconnects.',
    },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit without a connection'],
    check: {
      file: 'packages/naru/test/client/socket/socket',
      test: 'connecting delivers and sends waiting events before it reports connect',
    },
    mutant: {
      in: 'naru/src/client/socket/socket.ts',
      find: 'of this.sendBuffer)',
      put: 'of this.sendBuffer.slice(1))',
    },
  },
  {
    id: 'waiting-sleep',
    said: { 'docs/client.md': 'The client notices at the next `emit`, and keeps the event for the next connection.' },
    wires: ORDERED,
    homes: EVERY_HOME,
    operations: ['emit without a connection'],
    check: {
      file: 'packages/naru/test/client/socket/socket',
      test: 'emitting waits in the buffer when the heartbeat is overdue, so that nothing is lost',
    },
    mutant: { in: 'naru/src/client/socket/socket.ts', find: ' && !engine.hasPingExpired();', put: ';' },
  },
];
