/** Naru over TCP in line mode: the same server, to whom people talk instead of programs. */
export { start } from './naru-tcp.mjs';
