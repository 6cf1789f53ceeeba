/** Naru over TCP in line mode: the same server for people instead of programs. */
export { start } from './naru-tcp.mjs';
