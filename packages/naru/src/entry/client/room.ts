/** History and presence of a room, for clients of Naru and Socket.IO. Import it beside `naru/client`. */
export * from '../../client/room/index.js';
