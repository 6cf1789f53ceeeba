/**
 * The ways that are compared. Each one has a server of its own, so that its packets can be told by the server's port.
 */

/**
 * @typedef {object} Way
 * @property {string} id
 * @property {string} title
 * @property {number} port of the WebSocket
 * @property {number} [lanePort]
 * @property {'webrtc' | 'udp'} [lane]
 * @property {boolean} isPage whether the players are in a page
 */

/** @type {readonly Way[]} */
export const WAYS = [
  { id: 'websocket', title: 'WebSocket, Node', port: 3001, isPage: false },
  { id: 'page-websocket', title: 'WebSocket, page', port: 3002, isPage: true },
  { id: 'udp-lane', title: 'UDP lane, Node', port: 3003, lanePort: 4003, lane: 'udp', isPage: false },
  { id: 'page-lane', title: 'lane, page', port: 3004, lanePort: 4004, lane: 'webrtc', isPage: true },
];
