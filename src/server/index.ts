/** What the door `naru` offers. */
export { Namespace } from '../namespace/namespace.js';
export { Socket } from '../namespace/socket.js';
export { Server } from './server.js';
