/** History and presence for clients, ours and Socket.IO's: what a room was sent, and who is there. Import it beside `naru/client`. */
export * from '../client/room/index.js';
