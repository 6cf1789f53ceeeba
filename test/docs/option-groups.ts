/** The groups of options with a table in the documents, by the names of these tables. */
import type { OptionTable } from '../../packages/naru/src/base/options/table.js';
import { clientEngineTable } from '../../packages/naru/src/client/engine/options.js';
import { managerTable, socketTable } from '../../packages/naru/src/client/socket/options.js';
import { historyTable } from '../../packages/naru/src/namespace/history/history.js';
import { idempotencyTable } from '../../packages/naru/src/namespace/once/options.js';
import { presenceTable } from '../../packages/naru/src/namespace/presence/settings.js';
import { wiresTable } from '../../packages/naru/src/server/endpoints/wires.js';
import { corsTable } from '../../packages/naru/src/server/options/cors-options.js';
import {
  cookieTable,
  engineTable,
  httpCompressionTable,
} from '../../packages/naru/src/server/options/engine-options.js';
import { eventsTable } from '../../packages/naru/src/server/options/events-options.js';
import { healthTable } from '../../packages/naru/src/server/options/health-options.js';
import { linksTable } from '../../packages/naru/src/server/options/links-options.js';
import { recoveryTable, serverTable } from '../../packages/naru/src/server/options/options.js';
import { slowReadersTable } from '../../packages/naru/src/server/options/slow-options.js';
import { tcpTable } from '../../packages/naru/src/server/options/tcp-options.js';
import { acceptingTable, listeningTable } from '../../packages/naru/src/transport/websocket/api/options.js';
import { deflateTable, zlibDeflateTable } from '../../packages/naru/src/transport/websocket/deflate/settings.js';
import { webSocketTable } from '../../packages/naru/src/transport/websocket/settings.js';
import { stompTable } from '../../packages/stomp/src/options.js';
import { udpClientTable } from '../../packages/udp/src/client/udp-wire.js';
import { udpTable } from '../../packages/udp/src/server/udp-options.js';
import { webrtcTable } from '../../packages/udp/src/server/webrtc-options.js';

/** A table and the place of its declaration. An interface does not have a table. */
export interface OptionGroup {
  readonly file: string;
  readonly constant: string;
  readonly table?: OptionTable;
}

const server = 'packages/naru/src/server/options';
const wires = 'packages/udp/src/server';
const webSocket = 'packages/naru/src/transport/websocket';

export const OPTION_GROUPS = {
  engine: { file: `${server}/engine-options.ts`, constant: 'engineTable', table: engineTable },
  'http-compression': {
    file: `${server}/engine-options.ts`,
    constant: 'httpCompressionTable',
    table: httpCompressionTable,
  },
  cookie: { file: `${server}/engine-options.ts`, constant: 'cookieTable', table: cookieTable },
  cors: { file: `${server}/cors-options.ts`, constant: 'corsTable', table: corsTable },
  server: { file: `${server}/options.ts`, constant: 'serverTable', table: serverTable },
  'server-wires': { file: 'packages/naru/src/server/endpoints/wires.ts', constant: 'wiresTable', table: wiresTable },
  recovery: { file: `${server}/options.ts`, constant: 'recoveryTable', table: recoveryTable },
  idempotency: {
    file: 'packages/naru/src/namespace/once/options.ts',
    constant: 'idempotencyTable',
    table: idempotencyTable,
  },
  events: { file: `${server}/events-options.ts`, constant: 'eventsTable', table: eventsTable },
  health: { file: `${server}/health-options.ts`, constant: 'healthTable', table: healthTable },
  history: { file: 'packages/naru/src/namespace/history/history.ts', constant: 'historyTable', table: historyTable },
  presence: {
    file: 'packages/naru/src/namespace/presence/settings.ts',
    constant: 'presenceTable',
    table: presenceTable,
  },
  'slow-readers': { file: `${server}/slow-options.ts`, constant: 'slowReadersTable', table: slowReadersTable },
  stomp: { file: 'packages/stomp/src/options.ts', constant: 'stompTable', table: stompTable },
  tcp: { file: `${server}/tcp-options.ts`, constant: 'tcpTable', table: tcpTable },
  links: { file: `${server}/links-options.ts`, constant: 'linksTable', table: linksTable },
  udp: { file: `${wires}/udp-options.ts`, constant: 'udpTable', table: udpTable },
  'client-udp': { file: 'packages/udp/src/client/udp-wire.ts', constant: 'udpClientTable', table: udpClientTable },
  webrtc: { file: `${wires}/webrtc-options.ts`, constant: 'webrtcTable', table: webrtcTable },
  deflate: { file: `${webSocket}/deflate/settings.ts`, constant: 'deflateTable', table: deflateTable },
  'zlib-deflate': { file: `${webSocket}/deflate/settings.ts`, constant: 'zlibDeflateTable', table: zlibDeflateTable },
  'websocket-connections': { file: `${webSocket}/settings.ts`, constant: 'webSocketTable', table: webSocketTable },
  'websocket-accepting': { file: `${webSocket}/api/options.ts`, constant: 'acceptingTable', table: acceptingTable },
  'websocket-listening': { file: `${webSocket}/api/options.ts`, constant: 'listeningTable', table: listeningTable },
  'client-socket': { file: 'packages/naru/src/client/socket/options.ts', constant: 'socketTable', table: socketTable },
  'client-manager': {
    file: 'packages/naru/src/client/socket/options.ts',
    constant: 'managerTable',
    table: managerTable,
  },
  'client-engine': {
    file: 'packages/naru/src/client/engine/options.ts',
    constant: 'clientEngineTable',
    table: clientEngineTable,
  },
} as const satisfies Record<string, OptionGroup>;
